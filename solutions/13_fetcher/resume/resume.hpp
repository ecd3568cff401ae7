#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>

namespace ladder {

/// The file of a journal. Whoever uses it may be killed at any moment: after any byte of
/// an `append`, before or after a `cut`. What the file has then, it keeps.
class journal_file {
public:
    virtual ~journal_file() = default;
    virtual std::string read() const = 0;           ///< All of it.
    virtual void append(std::string_view text) = 0; ///< Byte by byte, at the end.
    virtual void cut(std::size_t size) = 0; ///< Keeps the first `size` bytes, at once.
};

/// Does the tasks, in their order, but for those that the journal has. A task has a name
/// without a line break, and no two have the same one; the journal has the names of those
/// that are done, a line each.
///
/// After a kill at any moment, call it again with the same journal. No task is lost, none
/// that the journal has is done again, and of the others only the one at which it was
/// killed may be done twice. The file is read once, and only grows, but for a line that
/// somebody was killed in.
inline void resume(journal_file& journal, std::span<const std::string> tasks,
                   const std::function<void(const std::string&)>& work) {
    std::string text = journal.read();
    const std::size_t whole = text.rfind('\n') + 1; // 0 when there is none
    if (whole < text.size()) journal.cut(whole);
    text.resize(whole);

    std::set<std::string> done;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);)
        done.insert(line);
    for (const std::string& task : tasks) {
        if (done.contains(task)) continue;
        work(task);
        journal.append(task + '\n');
    }
}

} // namespace ladder
