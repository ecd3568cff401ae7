#include "timeline.hpp"

#include "temporary.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

// The file: a header, then slots. All zeros is a valid, empty recording, so whoever comes
// first may create it and nobody waits for anybody. A writer takes a slot by adding one
// to `next`, fills it and commits it; a reader skips slots that are not committed.

namespace ladder::timeline {
namespace {

constexpr const char* variable = "LADDER_TIMELINE";
constexpr std::uint64_t magic = 0x31454e494c4d4954; // "TIMLINE1"

struct header {
    std::atomic<std::uint64_t> magic;
    std::atomic<std::uint64_t> next;
};

struct slot {
    std::int64_t begin;
    std::int64_t end;
    pid_t pid;
    pid_t tid;
    std::atomic<std::uint32_t> committed;
    timeline::kind kind;
    std::uint8_t label_size;
    char label[label_limit];
};

static_assert(sizeof(slot) == 72);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

std::system_error failure(const std::filesystem::path& file) {
    return {errno, std::generic_category(), "timeline: " + file.string()};
}

class mapping {
public:
    // Opens a recording, or makes one of an empty file; capacity 0 is for reading only.
    mapping(const std::filesystem::path& file, std::size_t capacity) {
        const bool reads = capacity == 0;
        const int descriptor =
            ::open(file.c_str(),
                   reads ? O_RDONLY | O_CLOEXEC : O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        if (descriptor < 0) throw failure(file);
        struct stat status {};
        bool good = ::fstat(descriptor, &status) == 0;
        if (good && status.st_size == 0 && !reads)
            good = ::ftruncate(descriptor, static_cast<off_t>(sizeof(header) +
                                                              capacity * sizeof(slot))) ==
                       0 &&
                   ::fstat(descriptor, &status) == 0;
        size_ = good ? static_cast<std::size_t>(status.st_size) : 0;
        const bool fits =
            size_ >= sizeof(header) && (size_ - sizeof(header)) % sizeof(slot) == 0;
        void* start = MAP_FAILED;
        if (good && fits)
            start = ::mmap(nullptr, size_, reads ? PROT_READ : PROT_READ | PROT_WRITE,
                           MAP_SHARED, descriptor, 0);
        const auto error = failure(file);
        ::close(descriptor);
        if (good && !fits) throw_no_recording(file);
        if (start == MAP_FAILED) throw error;
        header_ = static_cast<header*>(start);
        std::uint64_t found = 0;
        if (reads)
            found = header_->magic.load();
        else
            header_->magic.compare_exchange_strong(found, magic);
        if (found != 0 && found != magic) {
            ::munmap(header_, size_);
            throw_no_recording(file);
        }
    }

    ~mapping() { ::munmap(header_, size_); }

    mapping(const mapping&) = delete;
    mapping& operator=(const mapping&) = delete;

    slot* take() noexcept {
        const auto index = header_->next.fetch_add(1, std::memory_order_relaxed);
        return index < capacity() ? slots() + index : nullptr;
    }

    std::uint64_t dropped() const noexcept {
        const auto next = header_->next.load(std::memory_order_relaxed);
        return next - std::min<std::uint64_t>(next, capacity());
    }

    std::vector<interval> intervals() const {
        std::vector<interval> result;
        const auto next = header_->next.load(std::memory_order_relaxed);
        for (std::uint64_t i = 0; i < std::min<std::uint64_t>(next, capacity()); ++i) {
            const slot& from = slots()[i];
            if (from.committed.load(std::memory_order_acquire) == 0) continue;
            const auto size = std::min<std::size_t>(from.label_size, label_limit);
            result.push_back({from.begin, from.end, from.pid, from.tid, from.kind,
                              std::string{from.label, size}});
        }
        std::ranges::stable_sort(result, {}, &interval::begin);
        return result;
    }

private:
    [[noreturn]] static void throw_no_recording(const std::filesystem::path& file) {
        throw std::runtime_error{"timeline: " + file.string() + " is no recording"};
    }

    std::size_t capacity() const noexcept {
        return (size_ - sizeof(header)) / sizeof(slot);
    }

    slot* slots() const noexcept { return reinterpret_cast<slot*>(header_ + 1); }

    header* header_ = nullptr;
    std::size_t size_ = 0;
};

// Where this process records to. Set by the first span or by a `recording`.
constinit std::atomic<mapping*> target{nullptr};

std::int64_t now() noexcept {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
}

// What the environment asks for; it stays mapped until the process ends. A wish that
// cannot be fulfilled must not disturb the program, so it is only said.
mapping* mapping_of_environment() noexcept {
    const char* file = std::getenv(variable);
    if (file == nullptr || *file == '\0') return nullptr;
    try {
        static mapping permanent{file, recording::default_capacity};
        return &permanent;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return nullptr;
    }
}

void look_at_environment() noexcept {
    static mapping* const found = mapping_of_environment();
    mapping* none = nullptr;
    if (found != nullptr) target.compare_exchange_strong(none, found);
    auto unknown = detail::mode::unknown;
    detail::recording.compare_exchange_strong(
        unknown, found != nullptr ? detail::mode::on : detail::mode::off);
}

// The length of what fits of a label, without half a character at its end (UTF-8).
std::uint8_t cut(std::string_view label) noexcept {
    if (label.size() <= label_limit) return static_cast<std::uint8_t>(label.size());
    std::size_t size = label_limit;
    while (size > 0 && (static_cast<unsigned char>(label[size]) & 0xC0) == 0x80)
        --size;
    return static_cast<std::uint8_t>(size);
}

} // namespace

void span::begin(kind what, std::string_view label) noexcept {
    if (detail::recording.load() == detail::mode::unknown) look_at_environment();
    if (detail::recording.load() != detail::mode::on) return;
    kind_ = what;
    label_size_ = cut(label);
    std::copy_n(label.data(), label_size_, label_);
    begin_ = now();
}

void span::end() noexcept {
    const auto end = now();
    mapping* const file = target.load(std::memory_order_acquire);
    slot* const to = file != nullptr ? file->take() : nullptr;
    if (to == nullptr) return;
    to->begin = begin_;
    to->end = end;
    to->pid = ::getpid();
    to->tid = ::gettid();
    to->kind = kind_;
    to->label_size = label_size_;
    std::copy_n(label_, label_size_, to->label);
    to->committed.store(1, std::memory_order_release);
}

recording::recording(std::unique_ptr<temporary_file> file, std::size_t capacity)
    : recording(file->path(), capacity) {
    temporary_ = std::move(file);
}

recording::recording(std::size_t capacity)
    : recording(std::make_unique<temporary_file>("", "timeline-"), capacity) {}

recording::recording(const std::filesystem::path& file, std::size_t capacity)
    : file_(std::filesystem::absolute(file)) {
    if (::truncate(file_.c_str(), 0) != 0 && errno != ENOENT) throw failure(file_);
    if (const char* before = std::getenv(variable)) {
        variable_before_ = before;
        mapping_of_environment(); // not empty: this program draws what it records
    }
    target.store(new mapping{file_, std::max<std::size_t>(capacity, 1)});
    ::setenv(variable, file_.c_str(), 1);
    detail::recording.store(detail::mode::on);
}

recording::~recording() {
    detail::recording.store(detail::mode::unknown); // as the environment says
    delete target.exchange(nullptr);
    if (variable_before_)
        ::setenv(variable, variable_before_->c_str(), 1);
    else
        ::unsetenv(variable);
}

std::vector<interval> recording::intervals() const {
    return target.load()->intervals();
}

std::uint64_t recording::dropped() const noexcept {
    return target.load()->dropped();
}

std::vector<interval> read(const std::filesystem::path& file) {
    return mapping{file, 0}.intervals();
}

} // namespace ladder::timeline
