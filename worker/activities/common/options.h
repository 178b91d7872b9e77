// What a worker tells its built-in activities about the machine they run on. Filled once before the worker starts,
// read-only afterwards.
#pragma once

#include <string>

namespace pawl::activities {

struct ActivityOptions {
  // Where s3://BUCKET/KEY lives in development: s3_directory/BUCKET/KEY. Empty: not in development mode.
  std::string s3_directory = {};
  // URL of an S3-compatible endpoint; wins over s3_directory. Requests are signed with the keys below (SigV4).
  std::string s3_endpoint = {};
  std::string s3_region = "us-east-1";
  std::string s3_access_key = {};
  std::string s3_secret_key = {};
  // Local room for copies of what an S3 endpoint holds; unused without one.
  std::string scratch_directory = "/tmp/pawl-scratch";
  // Threads of one training or scoring task. One by default: results are then the same on every machine.
  int threads = 1;
  // Account and region of the ARNs that the SageMaker handlers answer with.
  std::string account = "000000000000";
  std::string region = "us-east-1";
};

}  // namespace pawl::activities
