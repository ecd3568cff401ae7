#pragma once

#include <concepts>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// How values become bytes and values again. Both ends are the same program on the same
/// machine, so numbers go in the machine's own byte order, and there is no version.
namespace ladder::process_pool {

/// How one type travels between processes. Specialise it for a type of your own:
///
///     template <> struct codec<point> {
///         static void append(std::string& bytes, const point&); // add it at the end
///         static point take(std::string_view& bytes);           // cut it off the front
///     };
///
/// Built in: trivially copyable types (no pointer survives the journey, and none is
/// accepted), std::string, std::vector and std::pair of what has a codec. `take` throws
/// `std::runtime_error` when the bytes are too few.
template <class T>
struct codec;

/// Cuts `size` bytes off the front.
inline std::string_view take_bytes(std::string_view& bytes, std::uint64_t size) {
    if (size > bytes.size()) throw std::runtime_error{"the bytes are too few"};
    const std::string_view taken = bytes.substr(0, static_cast<std::size_t>(size));
    bytes.remove_prefix(taken.size());
    return taken;
}

/// Copied byte by byte. A string_view or a span is trivially copyable too, and so is any
/// struct with a pointer in it: what they point to stays behind. The first two do not
/// compile; of the third the compiler knows nothing.
template <class T>

requires(std::is_trivially_copyable_v<T>&& std::is_default_constructible_v<T> &&
         !std::is_pointer_v<T> && !std::ranges::view<T>) struct codec<T> {
    static void append(std::string& bytes, const T& value) {
        bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    }

    static T take(std::string_view& bytes) {
        T value;
        std::memcpy(&value, take_bytes(bytes, sizeof value).data(), sizeof value);
        return value;
    }
};

template <>
struct codec<std::string> {
    static void append(std::string& bytes, std::string_view text) {
        codec<std::uint64_t>::append(bytes, text.size());
        bytes.append(text);
    }

    static std::string take(std::string_view& bytes) {
        const auto size = codec<std::uint64_t>::take(bytes);
        return std::string{take_bytes(bytes, size)};
    }
};

template <class T>
struct codec<std::vector<T>> {
    static void append(std::string& bytes, const std::vector<T>& values) {
        codec<std::uint64_t>::append(bytes, values.size());
        for (const T& value : values)
            codec<T>::append(bytes, value);
    }

    static std::vector<T> take(std::string_view& bytes) {
        std::vector<T> values;
        for (auto left = codec<std::uint64_t>::take(bytes); left > 0; --left)
            values.push_back(codec<T>::take(bytes));
        return values;
    }
};

template <class A, class B>

requires(!std::is_trivially_copyable_v<std::pair<A, B>>) struct codec<std::pair<A, B>> {
    static void append(std::string& bytes, const std::pair<A, B>& both) {
        codec<A>::append(bytes, both.first);
        codec<B>::append(bytes, both.second);
    }

    static std::pair<A, B> take(std::string_view& bytes) {
        A first = codec<A>::take(bytes); // one after the other: order is not free here
        return {std::move(first), codec<B>::take(bytes)};
    }
};

/// What may be sent: it has a codec.
template <class T>
concept travels = requires(std::string& to, std::string_view& from, const T& value) {
    codec<T>::append(to, value);
    { codec<T>::take(from) } -> std::same_as<T>;
};

template <travels T>
std::string encode(const T& value) {
    std::string bytes;
    codec<T>::append(bytes, value);
    return bytes;
}

/// Throws `std::runtime_error` when the bytes are too few or too many.
template <travels T>
T decode(std::string_view bytes) {
    T value = codec<T>::take(bytes);
    if (!bytes.empty()) throw std::runtime_error{"the bytes are too many"};
    return value;
}

} // namespace ladder::process_pool
