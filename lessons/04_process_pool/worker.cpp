#include "worker.hpp"

#include "codec.hpp"
#include "frames.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>

#include <cxxabi.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ladder::process_pool {

namespace {

int socket_of_this_worker = -1;

// A child that a task leaves behind must not hold the worker's end of the socket: then
// the worker's death would not be the end of the stream.
void close_in_grandchildren() {
    ::close(socket_of_this_worker);
}

void write_all(int socket, std::string& bytes) {
    std::string_view rest = bytes;
    while (!rest.empty()) {
        const ssize_t size = ::send(socket, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) ::_exit(EXIT_FAILURE); // nobody is there to be told
        rest.remove_prefix(static_cast<std::size_t>(size));
    }
    if (bytes.capacity() > worth_keeping)
        std::string{}.swap(bytes);
    else
        bytes.clear();
}

std::string current_exception_type() {
    const std::type_info* type = abi::__cxa_current_exception_type();
    if (type == nullptr) return "unknown";
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> name{
        abi::__cxa_demangle(type->name(), nullptr, nullptr, &status), std::free};
    return name ? name.get() : type->name();
}

void append_failure(std::string& bytes, stage at, std::string_view text) {
    codec<std::string>::append(bytes, current_exception_type());
    codec<std::string>::append(bytes, text);
    codec<stage>::append(bytes, at);
}

void append_header(std::string& bytes, frame_header header) {
    bytes.append(reinterpret_cast<const char*>(&header), sizeof header);
}

/// Runs one task and adds the frame with its outcome to `out`.
void run(const frame& task, const work& work, std::string& out) {
    const std::size_t start = out.size();
    append_header(out, {}); // filled in below
    frame_header header{.task = task.task, .kind = frame_kind::done};
    stage at = stage::decoding;
    const auto failed = [&](const char* text) {
        out.resize(start + sizeof header); // half a response is none
        append_failure(out, at, text);
        header.kind = frame_kind::failed;
    };
    try {
        work(task.bytes, out, at);
    } catch (const std::exception& thrown) {
        failed(thrown.what());
    } catch (...) {
        failed("");
    }
    header.size = out.size() - start - sizeof header;
    out.replace(start, sizeof header, reinterpret_cast<const char*>(&header),
                sizeof header);
}

} // namespace

failure decode_failure(std::string_view bytes) {
    failure result;
    result.type = codec<std::string>::take(bytes);
    result.text = codec<std::string>::take(bytes);
    result.at = codec<stage>::take(bytes);
    return result;
}

int serve(int socket, const work& work) {
    // Ctrl-C goes to the whole process group, and it is for the pool's process to answer;
    // when that one dies, so do we.
    std::signal(SIGINT, SIG_IGN);
    socket_of_this_worker = socket;
    ::pthread_atfork(nullptr, nullptr, close_in_grandchildren);

    // [serve]
    frame_reader tasks;
    std::string out;
    for (;;) {
        while (const auto task = tasks.next()) {
            append_header(out, {.task = task->task, .kind = frame_kind::started});
            write_all(socket, out); // with the outcome of the task before, if any
            run(*task, work, out);
            std::fflush(stdout); // what a task prints is out before its outcome is
        }
        write_all(socket, out); // nothing left to do: let nobody wait for an outcome
        const auto room = tasks.room();
        const ssize_t size = ::recv(socket, room.data(), room.size(), 0);
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return size < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
        tasks.received(static_cast<std::size_t>(size));
    }
    // [/serve]
}

} // namespace ladder::process_pool
