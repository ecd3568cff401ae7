#include "kept_list.hpp"

#include "file_blocks.hpp"
#include "list_lines.hpp"
#include "processes/unique_fd.hpp"
#include "word_lists.hpp"
#include "workbench/last_error.hpp"

#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace ladder::fetcher {

namespace {

void for_each_block_of_file(const std::string& file,
                            const std::function<void(std::string_view)>& take) {
    const processes::unique_fd in{file == "-"
                                      ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                      : ::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!in) throw last_error(file);
    for_each_block(in.get(), file, take);
}

} // namespace

void for_each_block_of_list(const command_line& c, bool with_input,
                            const std::function<void(std::string_view)>& take) {
    for (const std::string& url : c.urls)
        take(url + '\n');
    if (!with_input) return;
    if (c.match.url_template.empty()) return for_each_block_of_file(c.input, take);
    word_combinations all{c.more_lists, c.match.in_step};
    list_lines lines;
    const auto take_words = [&] {
        while (const auto first = lines.next()) {
            all.begin(*first);
            while (const auto words = all.next())
                take(filled_in(c.match.url_template, *words)
                         .append("\t")
                         .append(std::string{*words} + '\n'));
        }
    };
    for_each_block_of_file(c.input, [&](std::string_view block) {
        lines.append(block);
        take_words();
    });
    lines.end();
    take_words();
}

} // namespace ladder::fetcher
