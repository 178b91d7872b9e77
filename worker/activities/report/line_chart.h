// Draws lines over rounds as an SVG picture: axes, grid, a legend, a dot at each line's best point. Pure; the same
// numbers give the same bytes.
#pragma once

#include <string>
#include <vector>

namespace pawl::activities {

struct ChartLine {
  std::string name;
  std::vector<double> values;  // one for each round, from 0; NaN leaves a gap
  bool larger_is_better = false;
};

// One panel below the other, since metrics have scales of their own.
struct ChartPanel {
  std::string title;
  std::vector<ChartLine> lines;
};

std::string DrawLineChart(const std::string& title, const std::vector<ChartPanel>& panels);

}  // namespace pawl::activities
