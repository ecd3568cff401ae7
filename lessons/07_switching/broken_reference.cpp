// Deliberately wrong: a coroutine that takes a reference. Calling it copies the reference
// into its frame, and runs nothing. The string is gone before the first letter is asked
// for.
//
// shown-by: AddressSanitizer

#include "stackless_generator.hpp"

#include <fmt/format.h>

#include <string>

using ladder::switching::stackless_generator;

namespace {

stackless_generator<char> letters(const std::string& text) {
    for (const char letter : text)
        co_yield letter;
}

stackless_generator<char> letters_of_the_rung() {
    const std::string text = "switching between flows of control";
    return letters(text);
}

} // namespace

int main() {
    auto all = letters_of_the_rung();
    std::string text;
    while (const auto letter = all.next())
        text += *letter;
    const bool whole = text == "switching between flows of control";
    fmt::print("{}\n",
               whole ? "all letters are right, by luck" : "some letters are wrong");
}
