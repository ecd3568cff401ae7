#include "text.hpp"
#include "timeline_rows.hpp"

#include <fmt/format.h>

namespace ladder::timeline {

using namespace detail;

std::string trace_event_json(const std::vector<interval>& intervals) {
    const auto zero = first_begin(intervals);
    const auto microseconds = [](std::int64_t time) {
        return static_cast<double>(time) / 1000;
    };
    // A viewer nests what overlaps in one thread, so every row gets a number of its own,
    // which is the thread's for its first row.
    std::string events;
    const auto add = [&](const std::string& event) {
        events += events.empty() ? event : ',' + event;
    };
    std::int64_t extra = std::int64_t{1} << 30;
    const row* before = nullptr;
    const auto all = rows(intervals);
    const auto names = names_of(all);
    for (std::size_t i = 0; i < all.size(); before = &all[i++]) {
        const auto& one = all[i];
        const bool first =
            before == nullptr || before->pid != one.pid || before->tid != one.tid;
        const std::int64_t tid = first ? one.tid : extra++;
        if (first && !names[i].empty())
            add(fmt::format(R"({{"name":"thread_name","ph":"M","pid":{},"tid":{},)"
                            R"("args":{{"name":{}}}}})",
                            one.pid, tid, json_string(names[i])));
        for (const auto& each : one.intervals)
            add(fmt::format(R"({{"name":{},"cat":"{}","ph":"X","ts":{:.3f},"dur":{:.3f},)"
                            R"("pid":{},"tid":{}}})",
                            json_string(clean(each.label)),
                            each.kind == kind::runs ? "runs" : "waits",
                            microseconds(each.begin - zero),
                            microseconds(each.end - each.begin), one.pid, tid));
    }
    return fmt::format(R"({{"displayTimeUnit":"ms","traceEvents":[{}]}})", events) + "\n";
}

} // namespace ladder::timeline
