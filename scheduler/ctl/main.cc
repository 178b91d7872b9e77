#include <iostream>

#include "scheduler/ctl/cli.h"

int main(int argc, char** argv) { return pawl::ctl::RunCli(argc, argv, std::cin, std::cout, std::cerr); }
