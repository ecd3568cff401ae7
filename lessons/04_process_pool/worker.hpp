#pragma once

#include <functional>
#include <string>
#include <string_view>

/// The other end of the socket: what a worker process does.
namespace ladder::process_pool {

/// How far a task had come.
enum class stage : char { decoding, running, encoding };

/// Decodes a request, runs the task, adds the encoded response to `response`, and says in
/// `at` how far it is. May throw anything.
using work =
    std::function<void(std::string_view request, std::string& response, stage& at)>;

/// What was thrown, as it travels.
struct failure {
    std::string type; ///< The name of its type, as a programmer writes it.
    std::string text; ///< Its what(); empty when it was no std::exception.
    stage at{};
};

failure decode_failure(std::string_view bytes);

/// Takes tasks from `socket`, one after the other, and sends what becomes of them, until
/// the pool has closed its end; returns the exit status. Call it in a process of its own;
/// `socket` is not owned. An exception of a task goes to the pool as a failure.
int serve(int socket, const work& work);

} // namespace ladder::process_pool
