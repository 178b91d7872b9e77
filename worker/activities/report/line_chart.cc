#include "worker/activities/report/line_chart.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace pawl::activities {
namespace {

constexpr double kWidth = 760;
constexpr double kPanelHeight = 280;
constexpr double kLeft = 80;
constexpr double kRight = 20;
constexpr double kTop = 50;
constexpr double kBottom = 40;
constexpr const char* kColours[] = {"#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf"};

std::string Escaped(const std::string& text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}});
}

std::string Fixed(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f", value);
  return text;
}

std::string Label(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.4g", value);
  return text;
}

struct Frame {
  double top = 0;
  double low = 0;
  double high = 1;
  size_t rounds = 1;
  double X(size_t round) const {
    const double last = rounds > 1 ? static_cast<double>(rounds - 1) : 1;
    return kLeft + (kWidth - kLeft - kRight) * static_cast<double>(round) / last;
  }
  double Y(double value) const { return top + kTop + (kPanelHeight - kTop - kBottom) * (high - value) / (high - low); }
};

Frame FrameOf(const ChartPanel& panel, double top) {
  Frame frame{.top = top, .low = 1e300, .high = -1e300};
  for (const ChartLine& line : panel.lines) {
    frame.rounds = std::max(frame.rounds, line.values.size());
    for (double value : line.values) {
      if (std::isnan(value)) continue;
      frame.low = std::min(frame.low, value);
      frame.high = std::max(frame.high, value);
    }
  }
  if (frame.low > frame.high) frame.low = 0, frame.high = 1;
  const double margin = frame.high > frame.low ? (frame.high - frame.low) * 0.06 : 0.5;
  frame.low -= margin;
  frame.high += margin;
  return frame;
}

// The multiples of 1, 2 or 5 times a power of ten between `low` and `high`: three to seven of them. `least` bounds the
// distance between two from below.
std::vector<double> Ticks(double low, double high, double least) {
  const double rough = std::max((high - low) / 6, least);
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = power * 10;
  for (double factor : {5, 2, 1}) {
    if (power * factor >= rough * 0.999) step = power * factor;
  }
  std::vector<double> ticks;
  for (double index = std::ceil(low / step); index * step <= high; ++index) ticks.push_back(index * step + 0.0);
  return ticks;
}

void DrawGrid(const ChartPanel& panel, const Frame& frame, std::string& svg) {
  absl::StrAppend(&svg, "<text x=\"", Fixed(kLeft), "\" y=\"", Fixed(frame.top + 24),
                  "\" font-size=\"15\" font-weight=\"bold\">", Escaped(panel.title), "</text>\n");
  for (double value : Ticks(frame.low, frame.high, 1e-12)) {
    const double y = frame.Y(value);
    absl::StrAppend(&svg, "<line x1=\"", Fixed(kLeft), "\" y1=\"", Fixed(y), "\" x2=\"", Fixed(kWidth - kRight),
                    "\" y2=\"", Fixed(y), "\" stroke=\"#dddddd\"/>\n<text x=\"", Fixed(kLeft - 6), "\" y=\"",
                    Fixed(y + 4), "\" font-size=\"11\" text-anchor=\"end\">", Label(value), "</text>\n");
  }
  for (double round : Ticks(0, static_cast<double>(frame.rounds - 1), 1)) {
    const double x = frame.X(static_cast<size_t>(round));
    absl::StrAppend(&svg, "<text x=\"", Fixed(x), "\" y=\"", Fixed(frame.top + kPanelHeight - kBottom + 18),
                    "\" font-size=\"11\" text-anchor=\"middle\">", static_cast<size_t>(round), "</text>\n");
  }
  absl::StrAppend(&svg, "<text x=\"", Fixed((kLeft + kWidth - kRight) / 2), "\" y=\"",
                  Fixed(frame.top + kPanelHeight - 6), "\" font-size=\"11\" text-anchor=\"middle\">round</text>\n");
}

void DrawLine(const ChartLine& line, const char* colour, size_t place, const Frame& frame, std::string& svg) {
  std::string points;
  size_t best = line.values.size();
  for (size_t round = 0; round < line.values.size(); ++round) {
    const double value = line.values[round];
    if (std::isnan(value)) continue;
    absl::StrAppend(&points, points.empty() ? "" : " ", Fixed(frame.X(round)), ",", Fixed(frame.Y(value)));
    const bool better =
        best == line.values.size() || (line.larger_is_better ? value > line.values[best] : value < line.values[best]);
    if (better) best = round;
  }
  absl::StrAppend(&svg, "<polyline fill=\"none\" stroke=\"", colour, "\" stroke-width=\"2\" points=\"", points,
                  "\"/>\n");
  std::string legend = line.name;
  if (best < line.values.size()) {
    absl::StrAppend(&svg, "<circle cx=\"", Fixed(frame.X(best)), "\" cy=\"", Fixed(frame.Y(line.values[best])),
                    "\" r=\"4\" fill=\"", colour, "\"/>\n");
    absl::StrAppend(&legend, " (best ", Label(line.values[best]), " at ", best, ")");
  }
  absl::StrAppend(&svg, "<text x=\"", Fixed(kWidth - kRight), "\" y=\"",
                  Fixed(frame.top + 18 + 15 * static_cast<double>(place)),
                  "\" font-size=\"12\" text-anchor=\"end\" fill=\"", colour, "\">", Escaped(legend), "</text>\n");
}

}  // namespace

std::string DrawLineChart(const std::string& title, const std::vector<ChartPanel>& panels) {
  const double height = 36 + kPanelHeight * static_cast<double>(panels.size());
  std::string svg = absl::StrCat("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"", Fixed(kWidth), "\" height=\"",
                                 Fixed(height), "\" font-family=\"sans-serif\">\n<rect width=\"100%\" height=\"100%\" ",
                                 "fill=\"white\"/>\n<text x=\"", Fixed(kWidth / 2),
                                 "\" y=\"24\" font-size=\"18\" text-anchor=\"middle\">", Escaped(title), "</text>\n");
  for (size_t i = 0; i < panels.size(); ++i) {
    const Frame frame = FrameOf(panels[i], 36 + kPanelHeight * static_cast<double>(i));
    DrawGrid(panels[i], frame, svg);
    for (size_t j = 0; j < panels[i].lines.size(); ++j) {
      DrawLine(panels[i].lines[j], kColours[j % std::size(kColours)], j, frame, svg);
    }
  }
  return svg + "</svg>\n";
}

}  // namespace pawl::activities
