#include "write_out.hpp"

#include "journal.hpp"
#include "workbench/http_url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace ladder::fetcher {

namespace {

std::string in_seconds(std::chrono::microseconds time) {
    return fmt::format("{}.{:06}", time.count() / 1'000'000, time.count() % 1'000'000);
}

} // namespace

/// One line for each. The names are curl's, where it has one.
const std::vector<write_out::variable>& write_out::variables() {
    using p = const page&;
    static const std::vector<variable> all{
        {"attempts", [](p x) { return std::to_string(x.o.attempts); }},
        {"content_type", [](p x) { return x.o.content_type; }},
        {"errormsg",
         [](p x) {
             return x.error.empty() && x.o.error ? x.o.error.message() : x.error;
         }},
        {"filename_effective", [](p x) { return x.o.file; }},
        {"http_code", [](p x) { return fmt::format("{:03}", x.o.status); }},
        {"num_redirects", [](p x) { return std::to_string(x.o.redirects); }},
        {"num_retries",
         [](p x) { return std::to_string(std::max(x.o.attempts, 1U) - 1); }},
        {"response_code", [](p x) { return fmt::format("{:03}", x.o.status); }},
        {"sha256", [](p x) { return x.o.sha256; }},
        {"size_download", [](p x) { return std::to_string(x.o.bytes); }},
        {"time_appconnect", [](p x) { return in_seconds(x.o.times.secured); }},
        {"time_connect", [](p x) { return in_seconds(x.o.times.connected); }},
        {"time_namelookup", [](p x) { return in_seconds(x.o.times.found); }},
        {"time_starttransfer", [](p x) { return in_seconds(x.o.times.first_byte); }},
        {"time_total", [](p x) { return in_seconds(x.o.elapsed); }},
        {"url", [](p x) { return shown_url(x.t.url); }},
        {"url_effective",
         [](p x) { return shown_url(x.o.final_url.empty() ? x.t.url : x.o.final_url); }},
        {"urlnum", [](p x) { return std::to_string(x.t.id); }},
        {"json",
         [](p x) {
             std::string line;
             append_record(line, x.t, x.o, {}, x.error);
             line.pop_back(); // its end
             return line;
         }},
    };
    return all;
}

std::string write_out::names() {
    std::string all;
    for (const variable& v : variables())
        all += (all.empty() ? "" : ", ") + std::string{v.name};
    return all;
}

write_out::write_out(std::string_view format) {
    piece next;
    while (!format.empty()) {
        const std::string_view two = format.substr(0, 2);
        if (two == "%{") {
            const std::size_t end = format.find('}');
            const std::string_view name =
                format.substr(2, std::min(end, format.size()) - 2);
            const auto found = std::ranges::find(variables(), name, &variable::name);
            if (end == std::string_view::npos || found == variables().end())
                throw std::invalid_argument{
                    fmt::format("there is no '%{{{}}}'; there are: {}", name, names())};
            next.value = found->value;
            pieces_.push_back(std::exchange(next, {}));
            format.remove_prefix(end + 1);
            continue;
        }
        static constexpr std::string_view known = "\\n\\t\\r\\\\%%", meant = "\n\t\r\\%";
        std::size_t i = 0;
        while (i < meant.size() && two != known.substr(2 * i, 2))
            ++i;
        next.text += i < meant.size() ? meant[i] : format.front();
        format.remove_prefix(i < meant.size() ? 2 : 1);
    }
    if (!next.text.empty()) pieces_.push_back(std::move(next));
}

void write_out::append(std::string& to, const task& t, const outcome& o,
                       const std::string& error) const {
    const page all{t, o, error};
    for (const piece& p : pieces_) {
        to += p.text;
        if (p.value != nullptr) to += p.value(all);
    }
}

} // namespace ladder::fetcher
