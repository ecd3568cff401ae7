#pragma once

#include "page.hpp"

#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ladder {

/// What stands on the command line behind the name of a demo.
using arguments = std::span<const std::string>;

/// One thing that a lesson's program can show. Those of a rung stand in its `main.cpp`,
/// or are declared there and stand in a `demo_x.cpp`, which has no header.
struct demo {
    /// Returns the exit status.
    using run_function = std::function<int(arguments)>;

    demo(std::string_view name, std::string_view what, run_function run);
    /// One without arguments, which refuses any.
    demo(std::string_view name, std::string_view what, int (*run)());

    std::string_view name; ///< What the reader types.
    std::string_view what; ///< One line, for --help.
    run_function run;
};

/// Runs the demo that the command line names, or the first one. An unknown name gets a
/// line on stderr with a suggestion, and status 2; an exception a line and status 1.
int run_demos(int argc, char** argv, std::initializer_list<demo> demos);

/// What every rung that fetches exports.
using fetch_all_function = std::vector<page> (*)(std::span<const std::string> urls,
                                                 const fetch_options& options);

/// The demo `fetch`: the same for every rung, so that they can be run side by side.
/// `fetch [URL...] [-i FILE] [--in-flight N] [--timeout TIME] [--quiet]`; a line for
/// each page, and status 1 when one of them failed.
demo fetch_demo(fetch_all_function fetch_all);

} // namespace ladder
