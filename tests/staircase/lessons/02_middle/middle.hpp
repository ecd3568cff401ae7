#pragma once

namespace ladder::middle {
constexpr int height = 2;
}
