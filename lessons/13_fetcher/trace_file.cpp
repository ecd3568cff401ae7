#include "trace_file.hpp"

#include "journal.hpp"
#include "workbench/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string_view>

namespace ladder::fetcher {

trace_file::trace_file(const std::string& name)
    : file_(name),
      zero_(std::chrono::duration_cast<std::chrono::microseconds>(
                std::chrono::steady_clock::now().time_since_epoch())
                .count()) {
    file_.add("[\n");
}

void trace_file::add(const std::string& event) {
    file_.add((first_ ? "" : ",\n") + event);
    first_ = false;
}

void trace_file::add(const task& t, const outcome& o, std::size_t worker) {
    const request_times& when = o.times;
    if (when.began.count() == 0) return; // there was no request
    const auto span = [&](std::string_view name, std::int64_t begin, std::int64_t end,
                          std::string_view more) {
        add(fmt::format(R"({{"name":{},"ph":"X","ts":{},"dur":{},"pid":{},"tid":{}{}}})",
                        name, when.began.count() - zero_ + begin, end - begin, worker + 1,
                        o.fiber + 1, more));
    };
    const std::string url = json_string(recorded_url(t.at.empty() ? t.url : t.at));
    const std::string error = json_string(o.error ? o.error.message() : "");
    const std::int64_t last =
        std::max({when.found.count(), when.connected.count(), when.secured.count(),
                  when.first_byte.count(), when.ended.count()});
    span(url, 0, last,
         fmt::format(R"(,"args":{{"status":{},"bytes":{},"attempt":{},"error":{}}})",
                     o.status, o.bytes, o.attempts, error));
    std::int64_t begin = 0;
    const auto part = [&](std::string_view name, std::chrono::microseconds end) {
        if (end.count() > begin) span(name, begin, end.count(), "");
        begin = std::max<std::int64_t>(begin, end.count());
    };
    part(R"("name lookup")", when.found);
    part(R"("connect")", when.connected);
    part(R"("TLS")", when.secured);
    part(R"("wait for the first byte")", when.first_byte);
    if (when.first_byte.count() > 0) part(R"("receive")", when.ended);
}

void trace_file::end() {
    file_.add("\n]\n");
    file_.flush();
}

} // namespace ladder::fetcher
