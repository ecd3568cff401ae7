#pragma once

// A job for a test: a list, a folder, and the commands on it.

#include "fetcher/kill_order.hpp"
#include "fetcher_program.hpp"

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace ladder::fetcher::test {

class job_folder {
public:
    std::string path() const { return scratch_ / "job"; }

    std::string operator/(std::string_view name) const {
        return path() + '/' + std::string{name};
    }

    std::string results() const { return *this / "results.jsonl"; }

    std::string list() const { return scratch_ / "list"; }

    void list(std::string_view urls) const { write_file(list(), urls); }

    ended_program begin(std::vector<std::string> options = {},
                        const std::string& kill_order = {}) const {
        options.insert(options.begin(), {"-i", list(), "-o", path(), "-p", "2"});
        return obeying(kill_order, std::move(options));
    }

    ended_program resume(std::vector<std::string> options = {},
                         const std::string& kill_order = {}) const {
        options.insert(options.begin(), {"resume", path()});
        return obeying(kill_order, std::move(options));
    }

    bool verified() const {
        const auto ended = run({"verify", path()});
        UNSCOPED_INFO(ended.out << ended.err);
        return ended.status == 0;
    }

private:
    static ended_program obeying(const std::string& order,
                                 std::vector<std::string> arguments) {
        return run(std::move(arguments), {.prepare = [&] {
                       if (!order.empty())
                           ::setenv(kill_order_variable, order.c_str(), 1);
                   }});
    }

    scratch_folder scratch_;
};

} // namespace ladder::fetcher::test
