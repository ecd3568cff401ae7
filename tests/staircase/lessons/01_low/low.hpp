#pragma once

namespace ladder::low {
constexpr int height = 1;
}
