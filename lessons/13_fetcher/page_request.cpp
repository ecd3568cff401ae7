#include "page_request.hpp"

#include "request_lines.hpp"

namespace ladder::fetcher {

page_request::page_request(const request_settings& all, const std::string& for_others,
                           const task& t)
    : method_(!t.method.empty()                        ? t.method
              : !t.data.empty() && all.method == "GET" ? "POST"
                                                       : all.method),
      body_(t.method.empty() && t.data.empty() ? all.body : t.data),
      headers_(all.headers),
      for_others_(for_others) {
    if (t.headers.empty()) return;
    own_headers_ = put_together(all.headers, t.headers);
    own_for_others_ = for_another_host(own_headers_);
    headers_ = own_headers_;
    for_others_ = own_for_others_;
}

} // namespace ladder::fetcher
