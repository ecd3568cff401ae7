#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ladder {

/// The command line of a program or a demo. Whatever it takes is named once, with the
/// variable that it goes to, whose value is the default and stands in the help. The
/// library underneath is CLI11, which takes long to compile; so it is included by
/// option_parser.cpp alone, and a value is read here, the same way in every program.
///
///     option_parser options{"many", "Very many fibers."};
///     options.number("--count", &count, "how many", {1, 1'000'000});
///     if (const auto status = options.parse(given)) return *status;
///
/// Names are those of CLI11: "-q,--quiet", or "URL" for what needs no name. The variables
/// must live until `parse` has returned.
class option_parser {
    struct state;
    struct record;

public:
    /// What else can be said about an option, right after it was named.
    class option {
    public:
        option& required();
        option& hidden();                    ///< Not in the help.
        option& value(std::string word);     ///< What the help calls it, e.g. "FILE".
        option& group(std::string headline); ///< Under which the help shows it.
        option& common();                    ///< For a help that has a first screen.
        /// Looks at each value; returns what is wrong with it, or nothing.
        option& check(std::function<std::string(const std::string&)> complaint);

    private:
        friend class option_parser;

        explicit option(record& r) : record_(&r) {}

        record* record_;
    };

    using integer =
        std::variant<int*, std::uint16_t*, std::uint32_t*, std::uint64_t*, std::int64_t*>;

    struct range {
        std::int64_t least = 0;
        std::int64_t most = std::numeric_limits<std::int64_t>::max();
    };

    struct duration_range {
        std::chrono::milliseconds least{1};
        std::chrono::milliseconds most = std::chrono::hours{24 * 365};
        std::string_view bare = "s"; ///< What a number without a unit counts, if allowed.
    };

    /// An option, for who writes a help or a manual of his own.
    struct description {
        std::string names;      ///< "-q,--quiet", or "URL".
        std::string value{};    ///< What its value is called; empty: it has none.
        std::string standing{}; ///< Its default; empty: none.
        std::string what{};
        std::string group{};              ///< Its headline; empty: none.
        std::vector<std::string> words{}; ///< All that it may be; empty: anything.
        bool common = false;
    };

    /// `hint` stands behind what is said about wrong usage.
    option_parser(std::string name, std::string description,
                  std::string hint = "--help shows how");
    ~option_parser();
    option_parser(const option_parser&) = delete;
    option_parser& operator=(const option_parser&) = delete;

    option flag(const std::string& names, bool* target, const std::string& what);
    option text(const std::string& names, std::string* target, const std::string& what);
    /// May be given several times; what has no name, several values at once.
    option texts(const std::string& names, std::vector<std::string>* target,
                 const std::string& what);
    /// One of these words.
    option choice(const std::string& names, std::string* target,
                  std::vector<std::string> words, const std::string& what);
    /// A whole number. The range ends also where the variable's does.
    option number(const std::string& names, integer target, const std::string& what,
                  range allowed);
    option duration(const std::string& names, std::chrono::milliseconds* target,
                    const std::string& what, duration_range allowed);
    option duration(const std::string& names, std::chrono::milliseconds* target,
                    const std::string& what);
    /// `least` is 1, or 0 when that means none.
    option size(const std::string& names, std::uint64_t* bytes, const std::string& what,
                std::uint64_t least = 1);

    /// A command with options of its own, e.g. "check" in `learn check`; it lives as long
    /// as this does.
    option_parser& command(const std::string& name, const std::string& what);
    /// After `parse`: was this command given?
    bool chosen() const;
    /// At the end of the help.
    void footer(std::string text);

    /// In the order in which they were named; without those that are hidden.
    std::vector<description> describe() const;

    /// What `--help` prints instead: for "" or the word behind it. Nothing: there is no
    /// help for that word.
    using help_function = std::function<std::optional<std::string>(
        const std::vector<description>& options, const std::string& word)>;
    void help(help_function text);

    /// The library underneath, and its version.
    static std::string library();

    /// Fills the variables. Returns nothing when the program should go on, or the status
    /// that it should end with: 0 after it printed the help, 2 after it printed one line
    /// on stderr that says what is wrong, and what would be right.
    std::optional<int> parse(int argc, const char* const* argv);
    std::optional<int> parse(std::span<const std::string> arguments);

    /// Says in the same way what the program itself found to be wrong. Returns 2.
    int refuse(std::string_view what) const;

private:
    option_parser(std::unique_ptr<state> s);
    std::unique_ptr<state> state_;
};

} // namespace ladder
