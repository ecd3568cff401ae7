#pragma once

#include "closest.hpp"
#include "option_parser.hpp"
#include "option_value.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What an `option_parser` is made of; only option_parser.cpp includes it, and with it
/// CLI11.
namespace ladder {

using option_value::wrong_usage;

/// What the help calls an option, if it has a long name: "--processes" of
/// "-p,--processes".
inline std::string long_name(const std::string& names) {
    return names.substr(names.rfind(',') + 1);
}

inline std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

struct option_parser::record {
    std::string name;
    std::string names; ///< All of them.
    std::vector<std::string> words{};
    bool common = false;
    std::string example; ///< A right value.
    CLI::Option* option = nullptr;
    std::function<std::string(const std::string&)> complaint;

    bool is_flag() const { return option->get_expected_max() == 0; }

    void examine(const std::string& value) const {
        const std::string type = name == "DIR" ? name : option->get_type_name();
        if (value.empty() && (type == "FILE" || type == "DIR")) // an unset variable
            throw wrong_usage{"it has no name"};
        const std::string wrong = complaint ? complaint(value) : "";
        if (!wrong.empty()) throw wrong_usage{wrong};
    }
};

struct option_parser::state {
    std::string name;
    std::string hint;
    std::unique_ptr<CLI::App> owned; ///< The whole command line's, not a command's.
    CLI::App* app = nullptr;
    std::vector<std::unique_ptr<record>> records;
    std::vector<std::unique_ptr<option_parser>> commands;
    help_function help;

    /// An option whose value goes to `take`; `standing` is the default, for the help.
    option add(const std::string& names, const std::string& what, const std::string& word,
               const std::string& standing, const std::string& example,
               std::function<void(const std::string&)> take) {
        auto& r = *records.emplace_back(std::make_unique<record>());
        r.name = long_name(names);
        r.names = names;
        r.example = example;
        r.option = app->add_option(
            names,
            [&r, take = std::move(take)](const std::vector<std::string>& values) {
                for (const std::string& value : values)
                    try {
                        r.examine(value);
                        take(value);
                    } catch (const wrong_usage& wrong) {
                        throw wrong_usage{r.name + ": " + wrong.what()};
                    }
                return true;
            },
            what);
        r.option->type_name(word)->expected(1);
        if (names.starts_with('-')) // given again: the last one holds
            r.option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
        if (!standing.empty()) r.option->default_str(standing);
        return option{r};
    }

    const record* find(std::string_view name) const {
        for (const auto& r : records)
            if (r->name == name || r->option->check_name(std::string{name}))
                return r.get();
        for (const auto& c : commands)
            if (const record* r = c->state_->find(name)) return r;
        return nullptr;
    }

    /// Those that may stand in this command line.
    void collect_names(std::vector<std::string>& names) const {
        for (const CLI::Option* each : app->get_options())
            for (const std::string& one : each->get_lnames())
                if (!each->get_group().empty()) names.push_back("--" + one);
        if (const state* inner = chosen_command()) inner->collect_names(names);
    }

    const state* chosen_command() const {
        for (const auto& c : commands)
            if (c->chosen()) return c->state_.get();
        return nullptr;
    }

    std::vector<std::string> names_of_commands() const {
        std::vector<std::string> names;
        for (const auto& c : commands)
            if (!c->state_->app->get_group().empty())
                names.push_back(c->state_->app->get_name());
        return names;
    }

    /// Of "--name=value": throws when a flag gets a value. A value that is there and
    /// empty becomes a word of its own, for CLI11 would take the next one.
    void split(const std::string& word, std::vector<std::string>& words) const {
        const std::size_t equals = word.find('=');
        const record* r = word.starts_with("--") && equals != std::string::npos
                              ? find(word.substr(0, equals))
                              : nullptr;
        if (r != nullptr && r->is_flag())
            throw wrong_usage{fmt::format("{} takes no value", r->name)};
        const bool is_empty = r != nullptr && equals + 1 == word.size();
        words.push_back(is_empty ? word.substr(0, equals) : word);
        if (is_empty) words.emplace_back();
    }

    [[noreturn]] void refuse_word(const std::string& word) const {
        if (const state* inner = chosen_command()) inner->refuse_word(word);
        const auto names = names_of_commands();
        if (names.empty())
            throw wrong_usage{fmt::format("'{}' is one argument too many", word)};
        const std::vector<std::string_view> views(names.begin(), names.end());
        const std::string like{closest(word, views)};
        throw wrong_usage{fmt::format(
            "there is no command '{}'; {}", word,
            like.empty() ? fmt::format("the commands are: {}", fmt::join(names, ", "))
                         : fmt::format("did you mean '{}'?", like))};
    }

    /// Says what would be right, if something is like it.
    void refuse_unknown(std::vector<std::string> unknown) const {
        std::erase(unknown, "--"); // behind it are no options
        if (unknown.empty()) return;
        const std::string& first = unknown.front();
        if (!first.starts_with('-')) refuse_word(first);
        const auto typed = first.substr(0, first.find('='));
        std::vector<std::string> owners;
        for (const auto& c : commands)
            if (c->state_->find(typed) != nullptr)
                owners.push_back(c->state_->app->get_name());
        if (!owners.empty())
            throw wrong_usage{
                fmt::format("'{}' is an option of {}", typed, fmt::join(owners, ", "))};
        std::vector<std::string> names;
        collect_names(names);
        const std::vector<std::string_view> views(names.begin(), names.end());
        const std::string_view like = closest(typed, views);
        throw wrong_usage{
            fmt::format("there is no option '{}'{}", typed,
                        like.empty() ? "" : fmt::format("; did you mean '{}'?", like))};
    }

    /// CLI11 says "--input: 1 required FILE missing".
    std::string missing_value(const std::string& said) const {
        const record* r = find(said.substr(0, said.find(':')));
        if (r == nullptr) return first_line(said);
        return fmt::format("{} needs a value{}", r->name,
                           r->example.empty() ? "" : ", e.g. " + r->example);
    }
};

} // namespace ladder
