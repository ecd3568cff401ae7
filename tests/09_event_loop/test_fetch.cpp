// What the contract of fetch_all does not ask of every rung.

#include "event_loop/event_loop.hpp"
#include "pages.hpp"
#include "workbench/machine_limits.hpp"
#include "workbench/slow_server.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>

using namespace std::chrono_literals;
using ladder::all_well;
using ladder::descriptor_limit;
using ladder::page;
using ladder::pages_of;
using ladder::slow_server;
using ladder::event_loop::fetch_all;
using ladder::processes::unique_fd;

namespace {

std::atomic<int> lookups{0};

/// Takes all descriptors that are left.
std::vector<unique_fd> take_all() {
    std::vector<unique_fd> taken;
    for (int fd = 0; (fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;)
        taken.emplace_back(fd);
    return taken;
}

} // namespace

// In place of the C library's; the linker takes this one.
extern "C" int getaddrinfo(const char* host, const char* port, const addrinfo* hints,
                           addrinfo** result) {
    if ((hints->ai_flags & AI_NUMERICHOST) == 0) ++lookups;
    static const auto real =
        reinterpret_cast<decltype(&getaddrinfo)>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    return real(host, port, hints, result);
}

TEST_CASE("a kept connection that the server has closed costs nobody a page") {
    const slow_server server;
    const auto pages =
        fetch_all(std::vector{server.url("/keep-alive-then-close"), server.url("/page/1"),
                              server.url("/close"), server.url("/page/2")},
                  {.in_flight = 1});
    for (const page& p : pages)
        CHECK(p.status == 200);
    CHECK(server.stats().per_target.at("/page/1") == 1);
}

TEST_CASE("an address is no name: nobody looks it up, and there is no other thread") {
    const slow_server server;
    const int before = lookups;
    fetch_all(pages_of(server, 3), {});
    CHECK(lookups == before);
}

TEST_CASE("a name is looked up, once for all its pages") {
    const slow_server server;
    std::vector<std::string> urls;
    for (int i = 0; i < 50; ++i)
        urls.push_back(fmt::format("http://localhost:{}/page/{}", server.port(), i));
    const int before = lookups;
    CHECK(all_well(fetch_all(urls, {.in_flight = 7})));
    CHECK(lookups == before + 1);
}

TEST_CASE("with too few descriptors, pages wait for one, and none fails") {
    const slow_server server;
    const auto urls = pages_of(server, 200, "?delay=1");
    std::vector<page> pages;
    {
        const descriptor_limit limit{40};
        pages = fetch_all(urls, {.in_flight = 200});
    }
    CHECK(all_well(pages));
    CHECK(server.stats().peak_in_flight < 40);
}

TEST_CASE("pages that wait for a descriptor get one when somebody else closes his") {
    const slow_server server;
    const auto urls = pages_of(server, 20);
    std::vector<page> pages;
    {
        const descriptor_limit limit{60};
        auto taken = take_all();
        taken.resize(taken.size() - 2); // for the loop
        const std::jthread other{[&] {
            std::this_thread::sleep_for(20ms); // any time is right
            taken.clear();
        }};
        pages = fetch_all(urls, {.in_flight = 20});
    }
    CHECK(all_well(pages));
}

TEST_CASE("when nobody ever closes one, it is an error and no crash") {
    std::vector<page> pages;
    {
        const descriptor_limit limit{60};
        auto taken = take_all();
        taken.resize(taken.size() - 2); // for the loop
        pages = fetch_all(std::vector<std::string>(3, "http://127.0.0.1:1/"),
                          {.in_flight = 2, .timeout = 50ms});
    }
    for (const page& p : pages)
        CHECK(p.error == std::errc::too_many_files_open);
}
