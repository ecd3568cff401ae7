#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace ladder::docs {

/// What the lessons' headers declare, and where the documentation describes it: read from
/// a tag file of Doxygen.
class declarations {
public:
    struct place {
        std::string url;       ///< With the anchor, if it has one.
        std::string rung;      ///< The folder of the header, e.g. "01_serial".
        bool is_type = false;  ///< A class or another type; else a function.
        bool is_plain = false; ///< Of a namespace, and not of a class.
    };

    /// The text of a page, by its name; empty when there is none.
    using page_reader = std::function<std::string(const std::string& name)>;

    declarations(std::string_view tags, const page_reader& read);

    /// A fragment of code as Doxygen made it, without its links. If `source` is not
    /// empty, a name in it that `source` may mean becomes a link: a type where it is used
    /// as one, a function where it is called. A name without its namespace is of the
    /// source's own rung or of the workbench; what follows `.` or `->` is of a class that
    /// we do not know, and so no link.
    std::string linked(std::string_view fragment, std::string_view source) const;

    /// By its qualified name.
    const std::map<std::string, place>& all() const { return places_; }

    /// The page with the listing of a source file; empty when there is none.
    std::string listing_of(const std::string& path) const;

    /// nullptr if the file is no page of prose.
    const std::string* title_of_page(const std::string& file) const;

private:
    const place* find(std::string_view name, std::string_view rung) const;

    std::map<std::string, place> places_;
    std::map<std::string, std::string> listings_;
    std::map<std::string, std::string> titles_;
};

} // namespace ladder::docs
