// Deliberately wrong: the error of one page is thrown out of the loop, and the pages that
// are already there are thrown away with it.

#include "serial.hpp"
#include "workbench/slow_server.hpp"

#include <fmt/format.h>

#include <exception>

using namespace ladder;

namespace {

std::vector<std::string> fetch_all(const std::vector<std::string>& urls) {
    // [loop]
    std::vector<std::string> bodies;
    for (const std::string& url : urls) {
        page p = serial::fetch(url, {});
        if (p.error) throw std::system_error{p.error, url};
        bodies.push_back(std::move(p.body));
    }
    // [/loop]
    return bodies;
}

} // namespace

int main() {
    const slow_server server;
    std::vector<std::string> urls;
    urls.reserve(10);
    for (int i = 0; i < 9; ++i)
        urls.push_back(server.url(fmt::format("/page/{}", i)));
    urls.push_back(server.url("/reset"));

    std::vector<std::string> bodies;
    try {
        bodies = fetch_all(urls);
    } catch (const std::exception& error) {
        fmt::print("error: {}\n", error.what());
    }
    fmt::print("The server was asked for {} pages. The program has {}.\n",
               server.stats().requests, bodies.size());
}
