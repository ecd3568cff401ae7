#include "reports.hpp"

#include "workbench/option_parser.hpp"

#include <stdexcept>

namespace ladder::fetcher {

void add_report_options(option_parser& options, report_settings& settings) {
    const char* group = "Reports";
    options.flag("--stats", &settings.stats, "at the end, how long pages took, by host")
        .group(group);
    options.text("--trace", &settings.trace, "each request in time, for ui.perfetto.dev")
        .value("FILE")
        .group(group);
    options
        .text("-w,--write-out", &settings.write_out,
              "on stdout for each URL, in place of JSON; like '%{http_code} %{url}\\n'")
        .value("FORMAT")
        .check([](const std::string& format) -> std::string {
            try {
                const write_out right{format};
                return "";
            } catch (const std::invalid_argument& wrong) {
                return wrong.what();
            }
        })
        .group(group);
}

reports::reports(const report_settings& settings) {
    if (settings.stats) times_.emplace();
    if (!settings.trace.empty()) trace_.emplace(settings.trace);
    if (settings.write_out.empty()) return;
    format_.emplace(settings.write_out);
    formatted_.emplace("-");
}

void reports::request(const task& t, const outcome& o, std::size_t worker) {
    if (trace_) trace_->add(t, o, worker);
}

void reports::page(const task& t, const outcome& o, const std::string& error) {
    if (times_) times_->add(t, o);
    if (!format_) return;
    line_.clear();
    format_->append(line_, t, o, error);
    formatted_->add(line_);
}

void reports::flush() {
    if (trace_) trace_->flush();
    if (formatted_) formatted_->flush();
}

std::string reports::end() {
    if (trace_) trace_->end();
    if (formatted_) formatted_->flush();
    return times_ ? times_->table() : "";
}

} // namespace ladder::fetcher
