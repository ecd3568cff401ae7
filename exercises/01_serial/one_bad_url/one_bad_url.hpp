#pragma once

#include "workbench/page.hpp"

#include <functional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace ladder {

/// Downloads one page and returns its body. Throws `std::system_error` for what the
/// network or the other side does wrong; any other exception is a fault of the program.
using download = std::function<std::string(const std::string& url)>;

/// Downloads the pages, one after the other. The result has one page per URL, in the
/// order of the list; of a page only `url`, `body` and `error` are set.
inline std::vector<page> fetch_all(std::span<const std::string> urls,
                                   const download& get) {
    std::vector<page> pages;
    for (const std::string& url : urls) {
        page p{.url = url};
        // TODO: one bad URL must not lose the pages of all the others.
        p.body = get(url);
        pages.push_back(std::move(p));
    }
    return pages;
}

} // namespace ladder
