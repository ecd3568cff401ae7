#include "option_parser.hpp"

#include "option_parser_state.hpp"
#include "option_value.hpp"
#include "quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace ladder {

using std::chrono::milliseconds;

option_parser::option& option_parser::option::required() {
    record_->option->required();
    return *this;
}

option_parser::option& option_parser::option::hidden() {
    record_->option->group("");
    return *this;
}

option_parser::option& option_parser::option::value(std::string word) {
    record_->option->type_name(std::move(word));
    return *this;
}

option_parser::option& option_parser::option::group(std::string headline) {
    record_->option->group(std::move(headline));
    return *this;
}

option_parser::option& option_parser::option::common() {
    record_->common = true;
    return *this;
}

option_parser::option&
option_parser::option::check(std::function<std::string(const std::string&)> complaint) {
    record_->complaint = std::move(complaint);
    return *this;
}

option_parser::option_parser(std::string name, std::string description, std::string hint)
    : state_(std::make_unique<state>()) {
    state_->name = std::move(name);
    state_->hint = std::move(hint);
    state_->owned = std::make_unique<CLI::App>(std::move(description), state_->name);
    state_->app = state_->owned.get();
    state_->app->allow_extras();
}

option_parser::option_parser(std::unique_ptr<state> s) : state_(std::move(s)) {}

option_parser::~option_parser() = default;

option_parser::option option_parser::flag(const std::string& names, bool* target,
                                          const std::string& what) {
    auto& r = *state_->records.emplace_back(std::make_unique<record>());
    r.name = long_name(names);
    r.names = names;
    r.option = state_->app->add_flag_function(
        names, [target](std::int64_t) { *target = true; }, what);
    return option{r};
}

option_parser::option option_parser::text(const std::string& names, std::string* target,
                                          const std::string& what) {
    return state_->add(names, what, "TEXT", *target, *target,
                       [target](const std::string& value) { *target = value; });
}

option_parser::option option_parser::texts(const std::string& names,
                                           std::vector<std::string>* target,
                                           const std::string& what) {
    const option made =
        state_->add(names, what, "TEXT", "", "",
                    [target](const std::string& value) { target->push_back(value); });
    made.record_->option->expected(1, -1)->allow_extra_args(!names.starts_with('-'));
    return made;
}

option_parser::option option_parser::choice(const std::string& names, std::string* target,
                                            std::vector<std::string> words,
                                            const std::string& what) {
    const std::string example = target->empty() ? words.front() : *target;
    const option made = state_->add(names, what, "WORD", *target, example,
                                    [target, words](const std::string& value) {
                                        *target = option_value::choice(value, words);
                                    });
    made.record_->words = std::move(words);
    return made;
}

option_parser::option option_parser::number(const std::string& names, integer target,
                                            const std::string& what, range allowed) {
    std::int64_t standing = 0;
    std::visit(
        [&](auto* variable) {
            using limits =
                std::numeric_limits<std::remove_reference_t<decltype(*variable)>>;
            if (std::cmp_less(allowed.least, limits::min()))
                allowed.least = limits::min();
            if (std::cmp_greater(allowed.most, limits::max()))
                allowed.most = static_cast<std::int64_t>(limits::max());
            standing = static_cast<std::int64_t>(*variable);
        },
        target);
    const std::int64_t example = std::max(standing, allowed.least);
    return state_->add(
        names, what, "N", std::to_string(standing), std::to_string(example),
        [=](const std::string& value) {
            const std::int64_t read = option_value::number(value, allowed, example);
            std::visit(
                [read](auto* variable) {
                    *variable =
                        static_cast<std::remove_reference_t<decltype(*variable)>>(read);
                },
                target);
        });
}

option_parser::option option_parser::duration(const std::string& names,
                                              std::chrono::milliseconds* target,
                                              const std::string& what,
                                              duration_range allowed) {
    const std::string example = show_duration(
        target->count() > 0 ? *target : milliseconds{std::chrono::seconds{10}});
    const std::string standing = target->count() > 0 ? show_duration(*target) : "";
    return state_->add(names, what, "TIME", standing, example,
                       [=](const std::string& value) {
                           *target = option_value::duration(value, allowed, example);
                       });
}

option_parser::option option_parser::duration(const std::string& names,
                                              std::chrono::milliseconds* target,
                                              const std::string& what) {
    return duration(names, target, what, {});
}

option_parser::option option_parser::size(const std::string& names, std::uint64_t* bytes,
                                          const std::string& what, std::uint64_t least) {
    return state_->add(
        names, what, "SIZE", show_size(*bytes), "10MB", [=](const std::string& value) {
            *bytes = least == 0 && value == "0" ? 0 : option_value::size(value);
        });
}

option_parser& option_parser::command(const std::string& name, const std::string& what) {
    auto inner = std::make_unique<state>();
    inner->name = state_->name;
    inner->hint = state_->hint;
    inner->app = state_->app->add_subcommand(name, what);
    inner->app->allow_extras();
    state_->commands.emplace_back(new option_parser{std::move(inner)});
    return *state_->commands.back();
}

bool option_parser::chosen() const {
    return state_->app->parsed();
}

void option_parser::footer(std::string text) {
    state_->app->footer(std::move(text));
}

std::vector<option_parser::description> option_parser::describe() const {
    std::vector<description> all;
    for (const auto& r : state_->records) {
        const std::string group = r->option->get_group();
        if (group.empty()) continue;
        all.push_back({.names = r->names,
                       .value = r->is_flag() ? "" : r->option->get_type_name(),
                       .standing = r->option->get_default_str(),
                       .what = r->option->get_description(),
                       .group = group == "Options" ? "" : group,
                       .words = r->words,
                       .common = r->common});
    }
    return all;
}

void option_parser::help(help_function text) {
    state_->app->set_help_flag();
    state_->help = std::move(text);
}

std::string option_parser::library() {
    return "CLI11 " CLI11_VERSION;
}

std::optional<int> option_parser::parse(int argc, const char* const* argv) {
    return parse(std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
}

std::optional<int> option_parser::parse(std::span<const std::string> arguments) {
    if (state_->help) {
        const auto asked = std::ranges::find_if(arguments, [](const std::string& word) {
            return word == "--help" || word == "-h";
        });
        if (asked != arguments.end()) {
            const bool about = asked + 1 != arguments.end() && !asked[1].starts_with('-');
            const std::string word = about ? asked[1] : "";
            const auto text = state_->help(describe(), word);
            if (!text) return refuse(fmt::format("there is no help for '{}'", word));
            std::fwrite(text->data(), 1, text->size(), stdout);
            return 0;
        }
    }
    try {
        std::vector<std::string> words;
        const auto mark = std::ranges::find(arguments, "--");
        std::for_each(arguments.begin(), mark,
                      [&](const std::string& word) { state_->split(word, words); });
        words.insert(words.end(), mark, arguments.end());
        std::ranges::reverse(words);
        try {
            state_->app->parse(std::move(words));
        } catch (const CLI::RequiredError&) { // because of a typing error?
            state_->refuse_unknown(state_->app->remaining(true));
            throw;
        }
        state_->refuse_unknown(state_->app->remaining(true));
        return {};
    } catch (const CLI::Success& help) {
        return state_->app->exit(help);
    } catch (const CLI::ArgumentMismatch& error) {
        return refuse(state_->missing_value(error.what()));
    } catch (const CLI::ParseError& error) {
        return refuse(first_line(error.what()));
    } catch (const wrong_usage& error) {
        return refuse(error.what());
    }
}

int option_parser::refuse(std::string_view what) const {
    std::string said{what}; // an argument may hold anything, and a terminal obeys it
    std::ranges::replace_if(
        said, [](unsigned char c) { return c < ' ' || c == 0x7f; }, '?');
    // In one piece, so that it does not get mixed up with what others write.
    const std::string line =
        fmt::format("{}: {} ({})\n", state_->name, said, state_->hint);
    std::fwrite(line.data(), 1, line.size(), stderr);
    return 2;
}

} // namespace ladder
