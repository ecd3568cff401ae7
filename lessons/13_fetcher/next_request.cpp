#include "next_request.hpp"

#include "retries.hpp"
#include "tls.hpp"
#include "workbench/http_exchange.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace ladder::fetcher {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr milliseconds first_pause{100}; // before the second attempt; then doubled
constexpr milliseconds longest_pause{5000};

/// May the same request work if it is sent again?
bool worth_another_try(const outcome& o) {
    if (o.disk_failed) return false;
    if (!o.error) return answered_for_now(o.status);
    return o.error == http_error::truncated || (o.error.category() != http_category() &&
                                                o.error.category() != tls_category());
}

/// After that pause there is no time left.
bool too_late(const journey& far, milliseconds pause, const worker_settings& settings) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return settings.deadline.count() > 0 && now + pause >= far.began + settings.deadline;
}

std::uint64_t digest(const hop& h) {
    return std::hash<std::string>{}(h.method + ' ' + h.url);
}

std::string encode(const journey& far) {
    std::string frame;
    append_frame(frame, far);
    return frame.substr(sizeof(std::uint32_t)); // no length: it travels inside a frame
}

} // namespace

std::optional<next_request> next_after(const hop& asked, const journey& far, outcome& o,
                                       std::string_view location,
                                       std::uint64_t most_redirects,
                                       const worker_settings& settings) {
    journey then = far;
    const auto pause =
        std::min(first_pause * (1 << std::min(far.retries_here, 10U)), longest_pause);
    if (far.retries_here < settings.retries && worth_another_try(o) &&
        !too_late(far, std::max<milliseconds>(pause, o.retry_after.value_or(seconds{})),
                  settings)) {
        ++then.retries;
        ++then.retries_here;
        return next_request{.at = far.redirects > 0 ? asked.url : "",
                            .so_far = encode(then),
                            .pause = pause,
                            .same_again = true};
    }
    if (o.error || location.empty()) return {};
    then.seen.push_back(digest(asked));
    hop to = asked;
    o.error = follow(to, o.status, location, settings.request.insecure_redirects);
    if (!o.error && std::ranges::find(then.seen, digest(to)) != then.seen.end())
        o.error = http_error::redirect_loop;
    if (!o.error && then.seen.size() > most_redirects)
        o.error = http_error::too_many_redirects;
    if (o.error) return {};
    then.method = to.method;
    then.credentials = to.to.credentials;
    then.with_body = to.with_body;
    then.with_secrets = to.with_secrets;
    then.retries_here = 0;
    ++then.redirects;
    return next_request{.at = to.url, .so_far = encode(then)};
}

} // namespace ladder::fetcher
