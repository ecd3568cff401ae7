#pragma once

#include "event_loop.hpp"
#include "resolver.hpp"
#include "workbench/page.hpp"

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ladder::event_loop {

inline constexpr auto pause_without_descriptors = std::chrono::milliseconds{10};

inline bool no_descriptor_left(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

class lane;

/// What the lanes of one fetch_all have in common. No lock: all are in one thread.
struct work {
    std::span<const std::string> urls;
    const fetch_options& options;
    std::vector<page> pages{urls.size()};
    std::size_t next = 0;        ///< The URL that nobody has asked for yet.
    std::size_t done = 0;        ///< Pages.
    std::size_t connections = 0; ///< Open.
    reactor loop{};
    resolver names{loop};
    std::deque<lane*> without_descriptor{}; ///< First come, first served.
    std::optional<reactor::timer> next_try{};
};

} // namespace ladder::event_loop
