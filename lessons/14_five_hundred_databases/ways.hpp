#pragma once

#include "question.hpp"

#include <span>
#include <string_view>

/// Every way of the ladder to ask many databases. Each function asks all hosts of the
/// question, `in_flight` of them at a time, and closes every connection in order. What
/// the network or a database does wrong is in the answers; exceptions are for running
/// out of memory, processes, threads or descriptors. Call each from a process with one
/// thread: some of them fork.
namespace ladder::five_hundred_databases {

answers serial(const question&);               ///< One after the other: `in_flight` is 1.
answers processes(const question&);            ///< A process for each share of the hosts.
answers process_pool(const question&);         ///< Rung 04's workers, one host at a time.
answers threads(const question&);              ///< A thread for each host.
answers thread_pool(const question&);          ///< Threads that stay; Asio's.
answers coroutines(const question&);           ///< C++20's, on Asio, in one thread.
answers fibers(const question&);               ///< Rung 11's, in one thread.
answers processes_and_fibers(const question&); ///< Some processes, fibers in each.

struct way {
    std::string_view name; ///< On the command line.
    answers (*ask)(const question&);
};

/// All of these, bottom of the ladder first.
std::span<const way> all_ways();

/// Splits the question among `count` processes, each of which asks its share of the
/// hosts, with its share of `in_flight`, in that way. A process that dies has answered
/// none of its share.
answers in_processes(const question&, std::size_t count, answers (*ask)(const question&));

} // namespace ladder::five_hundred_databases
