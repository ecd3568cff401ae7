#include "processes.hpp"

#include "child_process.hpp"
#include "pipe.hpp"
#include "serial/serial.hpp"
#include "workbench/http_exchange.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <list>

#include <poll.h>

namespace ladder::processes {

namespace {

/// What a child sends of a page, before its body. Parent and child are the same program,
/// so the bytes mean the same to both; but for the addresses in them, such as that of an
/// error's category, which has a number instead.
struct page_header {
    std::int32_t status;
    std::int32_t error;
    std::uint64_t category;
    std::int64_t elapsed; ///< Microseconds.
    std::uint64_t body;   ///< Bytes that follow.
};

std::array<const std::error_category*, 3> categories() {
    return {&std::generic_category(), &std::system_category(), &http_category()};
}

std::string encode(const page& p) {
    const auto known = categories();
    const auto category = std::ranges::find(known, &p.error.category());
    const page_header header{p.status, p.error.value(),
                             static_cast<std::uint64_t>(category - known.begin()),
                             p.elapsed.count(), p.body.size()};
    std::string bytes(sizeof header, '\0');
    std::memcpy(bytes.data(), &header, sizeof header);
    return bytes + p.body;
}

/// Takes one page off the front of `bytes`; nothing while it is not complete.
bool decode(std::string& bytes, page& p) {
    page_header header{};
    if (bytes.size() < sizeof header) return false;
    std::memcpy(&header, bytes.data(), sizeof header);
    if (bytes.size() - sizeof header < header.body) return false;
    p.status = header.status;
    p.error = {header.error, *categories().at(header.category)};
    p.elapsed = std::chrono::microseconds{header.elapsed};
    p.body = bytes.substr(sizeof header, header.body);
    bytes.erase(0, sizeof header + header.body);
    return true;
}

/// A process that fetches some pages, and what it has sent so far.
class batch {
public:
    /// `pages` has one for each URL, and outlives this object.
    batch(std::span<const std::string> urls, std::span<page> pages,
          const fetch_options& options, std::list<batch>& others)
        : missing_(pages),
          pipe_(make_pipe()),
          child_(start(urls, options, others)) {
        pipe_.write.reset(); // or there would never be an end of the stream
    }

    int fd() const noexcept { return pipe_.read.get(); }

    /// Takes what there is to read. False when the process has ended, and nothing will
    /// come any more.
    bool receive() {
        std::array<char, 65'536> buffer{};
        const ssize_t size = ::read(fd(), buffer.data(), buffer.size());
        if (size < 0 && errno == EINTR) return true;
        if (size <= 0) {
            child_.wait();
            for (page& p : missing_) // half a page is none
                p.error = process_error::child_died;
            return false;
        }
        received_.append(buffer.data(), static_cast<std::size_t>(size));
        while (!missing_.empty() && decode(received_, missing_.front()))
            missing_ = missing_.subspan(1);
        return true;
    }

private:
    child_process start(std::span<const std::string> urls, const fetch_options& options,
                        std::list<batch>& others) {
        const auto fetch_and_send = [&] {
            for (batch& other : others) // the copies that came with the fork
                other.pipe_.read.reset();
            pipe_.read.reset();
            // [child]
            for (const std::string& url : urls)
                if (write_all(pipe_.write.get(), encode(serial::fetch(url, options))))
                    return 1;
            // [/child]
            return 0;
        };
        return child_process::fork(fetch_and_send, {.die_with_parent = true});
    }

    std::span<page> missing_;
    std::string received_;
    pipe_ends pipe_;
    child_process child_;
};

bool is_lack_of_room(const std::error_code& error) {
    return error == std::errc::resource_unavailable_try_again ||
           error == std::errc::too_many_files_open ||
           error == std::errc::too_many_files_open_in_system ||
           error == std::errc::not_enough_memory;
}

/// Blocks until some of them have something to read, and takes it; removes those that are
/// done.
void receive_from(std::list<batch>& running) {
    std::vector<pollfd> pipes;
    for (const batch& b : running)
        pipes.push_back({.fd = b.fd(), .events = POLLIN, .revents = 0});
    if (::poll(pipes.data(), pipes.size(), -1) < 0 && errno != EINTR)
        throw std::system_error{errno, std::generic_category(), "poll"};
    auto pipe = pipes.begin();
    std::erase_if(running,
                  [&](batch& b) { return (pipe++)->revents != 0 && !b.receive(); });
}

class process_error_category : public std::error_category {
public:
    const char* name() const noexcept override { return "ladder.processes"; }

    std::string message(int) const override {
        return "the process that fetched it has died";
    }
};

} // namespace

std::error_code make_error_code(process_error error) noexcept {
    static const process_error_category category;
    return {static_cast<int>(error), category};
}

std::size_t batch_size(std::size_t urls, std::size_t in_flight) noexcept {
    const std::size_t batches = 4 * std::clamp<std::size_t>(in_flight, 1, urls + 1);
    return std::clamp<std::size_t>((urls + batches - 1) / batches, 1, 100);
}

std::vector<page> fetch_all(std::span<const std::string> urls,
                            const fetch_options& options) {
    std::vector<page> pages;
    pages.reserve(urls.size());
    for (const std::string& url : urls)
        pages.push_back({.url = url});

    std::size_t limit = std::max<std::size_t>(options.in_flight, 1);
    const std::size_t size = batch_size(urls.size(), limit);
    std::list<batch> running;
    for (std::size_t next = 0; next < urls.size() || !running.empty();) {
        if (next == urls.size() || running.size() >= limit) {
            receive_from(running);
            continue;
        }
        const std::size_t count = std::min(size, urls.size() - next);
        try {
            running.emplace_back(urls.subspan(next, count),
                                 std::span{pages}.subspan(next, count), options, running);
            next += count;
        } catch (const std::system_error& error) {
            if (running.empty() || !is_lack_of_room(error.code())) throw;
            limit = running.size(); // what there is room for
        }
    }
    return pages;
}

} // namespace ladder::processes
