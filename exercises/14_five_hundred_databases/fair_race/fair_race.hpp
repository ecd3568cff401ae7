#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace ladder {

/// A way to ask databases: a pool of threads, coroutines, whatever.
class contestant {
public:
    virtual ~contestant() = default;

    /// How many it has in flight when nobody tells it, e.g. the size of its pool.
    virtual std::size_t default_in_flight() const = 0;

    /// Asks this host, and returns at once.
    virtual void start(std::size_t host) = 0;

    /// Waits until one of the hosts it was told to ask is done, whichever it is. True
    /// when it has answered; false when it failed.
    virtual bool wait_for_one() = 0;
};

using time_passed = std::chrono::microseconds;

/// What one of them has achieved.
struct score {
    std::size_t answered = 0;
    std::size_t failed = 0;
    time_passed time{}; ///< From before the first start until after the last end.
};

/// Lets one of them ask the hosts 0 to `hosts` - 1, each once, with `in_flight` of them
/// started and not yet done; fewer only when there are no more hosts to start. `now` is
/// the clock.
inline score run_one(contestant& who, std::size_t hosts, std::size_t in_flight,
                     const std::function<time_passed()>& now) {
    score result;
    // TODO: this starts everything at once, stops the clock when all is *started*, and
    // takes every end for an answer.
    (void)in_flight;
    const time_passed begin = now();
    for (std::size_t host = 0; host < hosts; ++host)
        who.start(host);
    result.time = now() - begin;
    for (std::size_t done = 0; done < hosts; ++done) {
        who.wait_for_one();
        ++result.answered;
    }
    return result;
}

/// Lets all of them do the same, one after the other, so that nobody disturbs anybody.
inline std::vector<score> fair_race(std::span<contestant* const> all, std::size_t hosts,
                                    std::size_t in_flight,
                                    const std::function<time_passed()>& now) {
    std::vector<score> scores;
    // TODO: everybody has another number in flight here.
    for (contestant* who : all)
        scores.push_back(run_one(*who, hosts, who->default_in_flight(), now));
    (void)in_flight;
    return scores;
}

/// The number of the fastest of those whose every host has answered; none when there is
/// no such.
inline std::optional<std::size_t> winner(std::span<const score> scores) {
    std::optional<std::size_t> best;
    // TODO: whoever fails at once is very fast.
    for (std::size_t i = 0; i < scores.size(); ++i)
        if (!best || scores[i].time < scores[*best].time) best = i;
    return best;
}

} // namespace ladder
