#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

/// The Robots Exclusion Protocol, RFC 9309, without I/O.
namespace ladder::fetcher {

/// The name by which a robots.txt calls us: how the User-Agent begins (§2.2.1).
std::string robot_name(std::string_view user_agent);

/// What a robots.txt says to one robot.
class robots_rules {
public:
    static constexpr std::size_t most_read = 500 << 10; ///< Bytes of the file (§2.5).
    static constexpr std::size_t longest_rule = 1024;   ///< Bytes; a longer one is none.

    /// All is allowed.
    robots_rules() = default;
    /// Never fails: what is no rule is none. Only the first `most_read` bytes count.
    robots_rules(std::string_view text, std::string_view robot);

    /// Of a path with its query, percent-encoded. The longest rule that matches decides.
    bool allows(std::string_view target) const;

    std::size_t bytes() const noexcept; ///< That it takes in memory, about.

private:
    struct rule {
        std::string pattern;
        bool allowed;
    };

    std::vector<rule> rules_; ///< The longest one first; of two as long, what allows.
};

/// What came of asking for a robots.txt.
struct robots_answer {
    int status = 0;          ///< Of the last answer; 0: there was none,
    std::error_code error{}; ///< but this.
    std::string text{};
};

/// The robots.txt of the origins that are asked now. It forgets the one that is unused
/// for the longest when they take too much memory, and each after a day (§2.4).
class robots_cache {
public:
    using time = std::chrono::steady_clock::time_point;
    static constexpr std::size_t most_bytes = 16 << 20;
    static constexpr std::chrono::hours good_for{24};

    explicit robots_cache(std::string robot) : robot_(std::move(robot)) {}

    enum class verdict : char {
        allowed,
        refused,
        unknown, ///< Ask for it, and tell `asking`.
        asked,   ///< An answer will come.
    };

    /// With `why`, and `detail`, when it is refused.
    verdict may_ask(const std::string& origin, std::string_view target, time now,
                    std::error_code& why, std::string& detail);
    void asking(const std::string& origin);

    /// A page that is not there forbids nothing; a server that fails, everything
    /// (§2.3.1).
    void learn(const std::string& origin, const robots_answer& said, time now);

    std::size_t bytes() const noexcept { return bytes_; }

private:
    struct entry {
        std::string origin;
        bool known = false;
        robots_rules rules{};
        std::error_code failed{}; ///< Then nothing may be asked.
        std::string detail{};
        time until{};

        std::size_t bytes() const noexcept {
            return sizeof(entry) + 2 * origin.size() + rules.bytes() + detail.size();
        }
    };

    void forget(std::list<entry>::iterator e);

    std::string robot_;
    std::list<entry> entries_; ///< The last one used is at the front.
    std::unordered_map<std::string, std::list<entry>::iterator> by_origin_;
    std::size_t bytes_ = 0; ///< Of those that are known.
};

} // namespace ladder::fetcher
