#include "watch.hpp"

#include "checks.hpp"
#include "desk.hpp"
#include "fibers_on_asio/event_loop.hpp"
#include "listeners.hpp"
#include "terminal.hpp"
#include "watch_screen.hpp"

#include <boost/fiber/fiber.hpp>
#include <boost/fiber/protected_fixedsize_stack.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace ladder::learn {

namespace {

/// A check in a fiber of its own, so that the watch can go on listening and stop it.
class background_check {
public:
    background_check(program_runner& runner, std::function<void()> work)
        : runner_(runner),
          fiber_(std::allocator_arg, boost::fibers::protected_fixedsize_stack{stack_size},
                 std::move(work)) {}

    ~background_check() {
        runner_.cancel();
        fiber_.join();
    }

    background_check(const background_check&) = delete;
    background_check& operator=(const background_check&) = delete;

private:
    static constexpr std::size_t stack_size = 1 << 20;

    program_runner& runner_;
    boost::fibers::fiber fiber_;
};

constexpr std::string_view key_help = R"(
  r, Return  check now; a save does so, too
  h          one more hint
  t          the task
  n          the next exercise, when this one has passed
  l          the list; choose another exercise there
  s          our solution and why, when yours has passed
  x          back to the beginning; a copy of yours is kept
  q          leave, as does Ctrl-C
)";

/// The watch: it acts, one event after the other.
class watcher {
public:
    watcher(const exercise& first, const course& c, progress& p)
        : course_(c),
          progress_(p),
          now_(&first),
          screen_(c, p) {
        with_.on_phase = [this](const std::string& what) { screen_.add(what + " …\n"); };
        with_.on_progress = [this](const std::string& how_far) {
            screen_.working_on(how_far);
        };
        screen_.have_keys = events_.have_keys();
    }

    int run() {
        go_to(*now_);
        check();
        while (true) {
            const event what = events_.next();
            if (what.kind == event_kind::quit) break;
            if (what.kind == event_kind::save)
                check();
            else if (what.kind == event_kind::resized)
                screen_.resized();
            else if (picker_)
                choose(what.key);
            else if (asked_) // whether to begin again
                answer(what.key);
            else if (!press(what.key))
                break;
        }
        running_.reset();
        screen_.leave();
        if (!failure_.empty()) throw std::runtime_error{failure_};
        return passed_ ? 0 : 1;
    }

private:
    void go_to(const exercise& to) {
        running_.reset();
        now_ = &to;
        events_.listen_to(to);
        screen_.watched = now_;
        screen_.told_of_saves = events_.told_of_saves();
    }

    void check() {
        running_.reset(); // a check of what was there before
        runner_.allow();
        picker_.reset();
        asked_ = false;
        screen_.show([name = fmt::format("{} {}", now_->number(), now_->name),
                      note = std::exchange(note_, {})](const look&) {
            return fmt::format("{}checking {} …\n", note, name);
        });
        running_.emplace(runner_, [this, e = now_] {
            try {
                const verdict v = check_and_remember(*e, progress_, with_);
                if (v.result == verdict::outcome::cancelled) return;
                passed_ = v.result == verdict::outcome::passed;
                verdict_ = [this, v, e](const look& l) {
                    return draw(v, *e, course_, l,
                                screen_.have_keys ? answered_by::keys
                                                  : answered_by::commands);
                };
                if (!picker_) screen_.show(verdict_);
                if (!look::now().terminal)
                    screen_.add("\n" + screen_.keys(look::now()) + "\n");
            } catch (const std::exception& error) {
                failure_ = error.what(); // the disk is full, a tool is gone
                events_.push({event_kind::quit});
            }
        });
    }

    void say(const std::string& sentence) {
        screen_.add("\n" + look::now().wrap(sentence, 0) + "\n");
    }

    /// False: leave.
    bool press(char key) {
        const look l = look::now();
        switch (key) {
        case 'r':
        case '\n':
            check();
            break;
        case 'h':
            screen_.add("\n" + hint(*now_, progress_, false, l));
            break;
        case 't':
            screen_.show(task_page(*now_));
            break;
        case 'n':
            next();
            break;
        case 'l':
            picker_.emplace(course_, *now_);
            draw_picker();
            break;
        case 's':
            show_solution(l);
            break;
        case 'x':
            asked_ = true;
            say(fmt::format(
                "Put {} back to its beginning? A copy of yours is kept. y or n?",
                now_->name));
            break;
        case '?':
            screen_.show([](const look&) { return std::string{key_help.substr(1)}; });
            break;
        case 'q':
            return false;
        default:
            say("No key. ? says what each does.");
        }
        return true;
    }

    watch_screen::page task_page(const exercise& e) const {
        return [this, &e](const look& l) { return task(e, l) + files_of(e, course_); };
    }

    void next() {
        const exercise* next = current(course_, progress_);
        if (next == nullptr) {
            say("That was the last one. l shows them all.");
        } else if (next == now_) {
            say("First this one; h gives a hint. Or l, and choose another.");
        } else {
            begin(*next);
        }
    }

    /// Shows the task of another exercise; it is checked when somebody saves, or says r.
    void begin(const exercise& e) {
        go_to(e);
        attempt a = progress_.of(e.name);
        a.begun = true;
        progress_.set(e.name, a);
        passed_ = false;
        verdict_ = nullptr;
        screen_.show([show = task_page(e)](const look& l) {
            return show(l) + "\n  next    edit it, and save; or r, to see what fails\n";
        });
    }

    void show_solution(const look& l) {
        try {
            screen_.show([text = solution(*now_, progress_, false, l)](const look&) {
                return text;
            });
        } catch (const usage_error&) {
            say(fmt::format("When yours has passed. h gives a hint; to see it now: "
                            "./learn solution {} --give-up",
                            now_->name));
        }
    }

    void answer(char key) {
        asked_ = false;
        if (key != 'y') return say("It stays as it is.");
        running_.reset();
        const auto kept = reset(*now_, course_, progress_);
        note_ = fmt::format("{} is as it was{}{}\n", now_->name,
                            kept.empty() ? "" : "; yours is in ",
                            kept.empty() ? "" : shown(kept, course_.root()));
        if (kept.empty()) check(); // otherwise it is saved, which is noticed
    }

    void choose(char key) {
        if (key == key_up) picker_->up();
        if (key == key_down) picker_->down();
        if (key == '\n') {
            const exercise& e = picker_->chosen();
            picker_.reset();
            return begin(e);
        }
        if (key == 'q' || key == 'l' || key == key_escape) {
            picker_.reset();
            return verdict_ ? screen_.show(verdict_) : check();
        }
        draw_picker();
    }

    void draw_picker() {
        screen_.show([this](const look& l) {
            const std::size_t others = l.rows("\n" + screen_.keys(l)) + 3;
            return picker_->draw(progress_, l, l.height - std::min(l.height, others)) +
                   l.wrap("\nup and down (or k, j), Return chooses, q goes back\n", 0);
        });
    }

    const course& course_;
    progress& progress_;
    fibers_on_asio::event_loop loop_;
    program_runner runner_{loop_};
    checker with_{course_, runner_};
    listeners events_{loop_, runner_};
    const exercise* now_;
    watch_screen screen_;
    std::optional<exercise_picker> picker_;
    watch_screen::page verdict_;
    std::string note_, failure_;
    bool asked_ = false, passed_ = false;
    std::optional<background_check> running_;
};

} // namespace

int watch(const exercise& first, const course& c, progress& p) {
    return watcher{first, c, p}.run();
}

} // namespace ladder::learn
