#include "process_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace ladder {
namespace {

// Files in /proc are read in one go: what matters here fits into a page.
std::string_view read_file(const char* path, std::span<char> room) {
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return {};
    const auto size = ::read(file, room.data(), room.size());
    ::close(file);
    return {room.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

std::string_view next_word(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    return word;
}

template <class Number>
Number to_number(std::string_view text) {
    Number number{};
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

// proc_pid_stat(5). The name, in brackets, may hold anything, so the last bracket counts.
std::optional<process> look_at(pid_t pid) {
    std::array<char, 1024> room;
    auto text = read_file(fmt::format("/proc/{}/stat", pid).c_str(), room);
    const auto bracket = text.rfind(')');
    if (bracket == text.npos) return {};
    text.remove_prefix(bracket + 1);
    process result{.pid = pid};
    const auto state = next_word(text);
    result.zombie = state == "Z" || state == "X";
    result.parent = to_number<pid_t>(next_word(text));
    for (int field = 5; field < 20; ++field)
        next_word(text);
    result.threads = to_number<std::size_t>(next_word(text));
    return result;
}

std::set<pid_t> all_processes() {
    std::set<pid_t> result;
    const std::unique_ptr<DIR, int (*)(DIR*)> folder{::opendir("/proc"), ::closedir};
    while (const auto* entry = folder ? ::readdir(folder.get()) : nullptr)
        if (const auto pid = to_number<pid_t>(entry->d_name); pid > 0) result.insert(pid);
    return result;
}

} // namespace

process_tree::process_tree() : outside_(all_processes()) {}

std::vector<process> process_tree::look() {
    std::vector<process> inside, unknown;
    std::set<pid_t> outside, family = std::move(family_);
    family_.clear();
    family.insert(::getpid());
    for (const pid_t pid : all_processes()) {
        if (outside_.contains(pid))
            outside.insert(pid);
        else if (const auto found = look_at(pid))
            unknown.push_back(*found);
    }
    for (bool grew = true; grew;) { // once, unless the numbering began anew
        grew = std::erase_if(unknown, [&](const process& one) {
                   if (!family.contains(one.pid) && !family.contains(one.parent))
                       return false;
                   family.insert(one.pid);
                   family_.insert(one.pid);
                   inside.push_back(one);
                   return true;
               }) > 0;
    }
    for (const auto& one : unknown)
        outside.insert(one.pid);
    outside_ = std::move(outside);
    return inside;
}

std::uint64_t memory_of(const process& one) {
    // Between vfork and exec a process runs in its parent's memory: count it there only.
    if (::syscall(SYS_kcmp, one.pid, one.parent, KCMP_VM, 0, 0) == 0) return 0;
    std::array<char, 4096> room;
    auto text = read_file(fmt::format("/proc/{}/smaps_rollup", one.pid).c_str(), room);
    const auto at = text.find("\nPss:");
    if (at == text.npos) return 0;
    text.remove_prefix(at + 5);
    return 1024 * to_number<std::uint64_t>(next_word(text));
}

} // namespace ladder
