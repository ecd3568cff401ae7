#pragma once

#include "workbench/page.hpp"
#include "workbench/slow_server.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <vector>

namespace ladder {

/// The first so many pages of that server.
inline std::vector<std::string> pages_of(const slow_server& server, std::size_t count,
                                         const std::string& query = "") {
    std::vector<std::string> urls;
    for (std::size_t i = 0; i < count; ++i)
        urls.push_back(server.url(fmt::format("/page/{}{}", i, query)));
    return urls;
}

/// Whether these are its first pages, in order, and whole.
inline bool all_well(const std::vector<page>& pages) {
    for (std::size_t i = 0; i < pages.size(); ++i)
        if (pages[i].error || pages[i].body != slow_server::page_body(i)) return false;
    return true;
}

} // namespace ladder
