#include "process_pool.hpp"

#include "serial/serial.hpp"
#include "workbench/http_exchange.hpp"

#include <algorithm>
#include <array>
#include <system_error>

namespace ladder::process_pool {

namespace {

std::string in_words(const outcome& of) {
    if (of.how != ending::failed) return of.cause;
    constexpr std::array where{"decoding the request: ", "", "encoding the response: "};
    return where.at(static_cast<std::size_t>(of.thrown.at)) + of.thrown.type +
           (of.thrown.text.empty() ? "" : ": " + of.thrown.text);
}

// The categories that a page's error can have. An address means nothing to another
// process, unless that one is a fork; its place in this list does.
std::array<const std::error_category*, 3> categories() {
    return {&std::generic_category(), &std::system_category(), &http_category()};
}

} // namespace

task_error::task_error(const outcome& of)
    : std::runtime_error{in_words(of)},
      how_(of.how),
      type_(of.thrown.type),
      text_(of.thrown.text) {}

template <>
struct codec<page> {
    static void append(std::string& bytes, const page& p) {
        const auto known = categories();
        const auto category = std::ranges::find(known, &p.error.category());
        codec<std::string>::append(bytes, p.url);
        codec<int>::append(bytes, p.status);
        codec<std::string>::append(bytes, p.body);
        codec<std::ptrdiff_t>::append(bytes, category - known.begin());
        codec<int>::append(bytes, p.error.value());
        codec<std::chrono::microseconds>::append(bytes, p.elapsed);
    }

    static page take(std::string_view& bytes) {
        page p;
        p.url = codec<std::string>::take(bytes);
        p.status = codec<int>::take(bytes);
        p.body = codec<std::string>::take(bytes);
        const auto category = codec<std::size_t>::take(bytes);
        p.error = {codec<int>::take(bytes), *categories().at(category)};
        p.elapsed = codec<std::chrono::microseconds>::take(bytes);
        return p;
    }
};

std::vector<page> fetch_all(std::span<const std::string> urls,
                            const fetch_options& options) {
    if (urls.empty()) return {};
    process_pool<std::string, page> pool{
        [&](const std::string& url) { return serial::fetch(url, options); },
        {.workers = std::clamp<std::size_t>(options.in_flight, 1,
                                            std::min(urls.size(), most_workers)),
         .ahead = 0}}; // a page behind one that hangs would wait for it
    std::vector<future<page>> futures;
    futures.reserve(urls.size());
    for (const std::string& url : urls)
        futures.push_back(pool.submit(url));

    std::vector<page> pages;
    pages.reserve(urls.size());
    for (std::size_t i = 0; i < urls.size(); ++i) {
        try {
            pages.push_back(futures[i].get());
        } catch (const task_error&) {
            pages.push_back({.url = urls[i]});
            pages.back().error = std::make_error_code(std::errc::owner_dead);
        }
    }
    pool.join();
    return pages;
}

} // namespace ladder::process_pool
