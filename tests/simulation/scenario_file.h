// Stories as text: one command a line, each followed by the exact trace of what it leads to, on lines that begin with
// "| ". A bug report becomes such a file.
//
//   program NAME JSON                 a definition
//   boot NODE [nothing]               a node that wants all partitions, or none
//   want NODE PARTITION...            which it is to own from now on
//   crash NODE | usurp PARTITION      its memory vanishes | another claims the partition by force
//   advance 5s | advance 20ms
//   append slow 50ms | append lose    the fate of the next append: late, lost before the commit,
//     | append lose-ack               or committed, and the answer lost
//   start NODE EXECUTION PROGRAM [INPUT]
//   stop NODE EXECUTION
//   poll NODE SESSION [SLOTS]         a worker asks for tasks of the queue "a"
//   complete NODE SESSION [OUTPUT]    it answers the task it was handed last
//   fail NODE SESSION ERROR
//
// The trace: every committed decision ("log run: StateEntered(A) ..."), every answer ("start run: OK"), every sentence
// of a node's log. Nothing of it depends on real time.
#pragma once

#include <string>

namespace pawl::simulation {

// Runs a scenario's commands; gives the text with the trace as it is now in place of the one that was there.
std::string RunScenarioFile(const std::string& text);

}  // namespace pawl::simulation
