#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

/// Programs that have the terminal to themselves: they read it, write to it, and Ctrl-C
/// is for them. What the companion itself looks at while it runs is a `program_runner`'s.
namespace ladder::learn {

/// Something else has said already what is wrong; only the status is left to be passed
/// on.
struct silent_failure {
    int status = 1;
};

/// Runs it to its end, with this environment and our standard input, output and error.
/// Returns its exit status as a shell says it: 128 and the signal when one ended it.
/// Meanwhile Ctrl-C ends it alone, as in system(3); SIGTERM and SIGHUP are passed on.
/// Throws `std::system_error` when it cannot be started.
int run_in_foreground(std::span<const std::string> argv);

/// Becomes this program (execvp(3)). Throws `std::system_error` when it cannot.
[[noreturn]] void become(std::span<const std::string> argv);

/// What only the script `learn` does: installing and building, which must work before
/// there is a companion. It says itself what it does and what went wrong; the functions
/// then throw `silent_failure`.
class script {
public:
    explicit script(const std::filesystem::path& root) : path_(root / "learn") {}

    /// Installs what a group of `./learn install` lacks. At a terminal it asks first.
    void require(const std::string& group) const;

    /// Builds these targets with a preset, configured before if it never was. `what` is
    /// what a person reads, e.g. "building the tests".
    void build(const std::string& preset, const std::string& what,
               const std::vector<std::string>& targets) const;

private:
    void call(const std::vector<std::string>& arguments) const;

    std::filesystem::path path_;
};

} // namespace ladder::learn
