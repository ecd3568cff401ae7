#include "option_parser.hpp"

#include "closest.hpp"
#include "option_value.hpp"
#include "quantity.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace ladder {

namespace {

using option_value::wrong_usage;
using std::chrono::milliseconds;

/// What the help calls an option, if it has a long name: "--processes" of
/// "-p,--processes".
std::string long_name(const std::string& names) {
    return names.substr(names.rfind(',') + 1);
}

std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

} // namespace

struct option_parser::record {
    std::string name;
    std::string example; ///< A right value.
    CLI::Option* option = nullptr;
    std::function<std::string(const std::string&)> complaint;

    void examine(const std::string& value) const {
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

    /// An option whose value goes to `take`; `standing` is the default, for the help.
    option add(const std::string& names, const std::string& what, const std::string& word,
               const std::string& standing, const std::string& example,
               std::function<void(const std::string&)> take) {
        auto& r = *records.emplace_back(std::make_unique<record>());
        r.name = long_name(names);
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

    void collect_names(std::vector<std::string>& names) const {
        for (const CLI::Option* each : app->get_options())
            for (const std::string& one : each->get_lnames())
                if (!each->get_group().empty()) names.push_back("--" + one);
        for (const auto& c : commands)
            c->state_->collect_names(names);
    }

    /// Says what would be right, if something is like it.
    void refuse_unknown(const std::vector<std::string>& unknown) const {
        if (unknown.empty()) return;
        const std::string& first = unknown.front();
        if (!first.starts_with('-'))
            throw wrong_usage{fmt::format("'{}' is one argument too many", first)};
        std::vector<std::string> names;
        collect_names(names);
        const std::vector<std::string_view> views(names.begin(), names.end());
        const auto typed = first.substr(0, first.find('='));
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
    return state_->add(names, what, "WORD", *target, example,
                       [target, words = std::move(words)](const std::string& value) {
                           *target = option_value::choice(value, words);
                       });
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
    return state_->add(names, what, "TIME", show_duration(*target), example,
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
                                          const std::string& what) {
    return state_->add(
        names, what, "SIZE", show_size(*bytes), "10MB",
        [bytes](const std::string& value) { *bytes = option_value::size(value); });
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

std::optional<int> option_parser::parse(int argc, const char* const* argv) {
    return parse(std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
}

std::optional<int> option_parser::parse(std::span<const std::string> arguments) {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    try {
        try {
            state_->app->parse(std::move(reversed));
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
    // In one piece, so that it does not get mixed up with what others write.
    const std::string line =
        fmt::format("{}: {} ({})\n", state_->name, what, state_->hint);
    std::fwrite(line.data(), 1, line.size(), stderr);
    return 2;
}

} // namespace ladder
