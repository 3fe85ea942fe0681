using System.Diagnostics;
using System.Globalization;
using System.Text;
using NodaTime;
using OpsMonitor.Grains.Calendars;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Web.Policies;
using OpsMonitor.Web.Reference;

namespace OpsMonitor.Bench;

/// <summary>
/// What clocks cost: one due time a week ahead, with few and with many holidays, and all open tickets judged anew after a calendar was saved that holds for
/// running clocks too. (spec: clocks)
/// </summary>
internal static class Clocks
{
    private const int Rounds = 200_000, Repeats = 5;
    private const long Minute = 60_000;

    public static void Run(string folder, int tickets)
    {
        foreach (var holidays in new[] { 0, 100, 1_000, 4_000 })
            Console.WriteLine(FormattableString.Invariant(
                $"one due time a week ahead, {holidays,5:N0} holidays: {DueNs(holidays, new(35, LimitUnit.BusinessHour)),5:F0} ns in business hours, {DueNs(holidays, new(5, LimitUnit.BusinessDay)),5:F0} ns in business days (aim: below 2,000)"));
        Reevaluate(folder, tickets);
    }

    /// <summary>The median of some repeats: starts spread over a year, so that no search is the one before.</summary>
    private static double DueNs(int holidays, Limit limit)
    {
        var dates = new SortedDictionary<LocalDate, IReadOnlyList<DayPeriod>>();
        for (var i = 0; i < holidays; i++) dates[new LocalDate(2000, 1, 1).PlusDays(i * 3)] = [];
        IReadOnlyList<DayPeriod> day = [new(540, 720), new(780, 1020)];
        var week = new WorkingDays([day, day, day, day, day, [], []], dates, new SortedDictionary<YearDay, IReadOnlyList<DayPeriod>>());
        var calendar = new BusinessCalendar("cost", DateTimeZoneProviders.Tzdb["Europe/Berlin"], [week]);
        var start = new DateTimeOffset(2026, 1, 5, 9, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
        List<double> all = [];
        var sum = 0L;
        for (var repeat = 0; repeat <= Repeats; repeat++) // the first one builds the tables
        {
            var from = Stopwatch.GetTimestamp();
            for (var i = 0; i < Rounds; i++) sum += limit.DueFrom(start + (i * 2_654_435L % 500_000 * Minute), calendar);
            if (repeat > 0) all.Add(Stopwatch.GetElapsedTime(from).TotalNanoseconds / Rounds);
        }
        return sum == 0 ? throw new InvalidOperationException() : all.Order().ElementAt(Repeats / 2);
    }

    private static void Reevaluate(string folder, int tickets)
    {
        const string Office = "id: office\ntime_zone: Europe/Berlin\nweek: {mon: [\"09:00-17:00\"], tue: [\"09:00-17:00\"], wed: [\"09:00-17:00\"], thu: [\"09:00-17:00\"], fri: [\"09:00-17:00\"]}\n";
        Directory.CreateDirectory(Path.Combine(folder, "calendars"));
        Directory.CreateDirectory(Path.Combine(folder, "policies"));
        File.WriteAllText(Path.Combine(folder, "calendars", "office.yaml"), Office);
        File.WriteAllText(Path.Combine(folder, "policies", "p.yaml"), "id: p\ncalendar: office\nclocks:\n- {id: answer, start: created, stop: [ticket.replied], limit: {value: 5, unit: business_day}}\n");
        var start = StartState.Read(folder, ReferenceData.Empty);
        var shard = new Shard(start.SetWith([]), new());
        var now = new DateTimeOffset(2026, 3, 2, 12, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
        foreach (var some in Enumerable.Range(0, tickets).Chunk(500)) shard.Step(new(now, [.. some.Select(i => Created(i, now))]));
        var due = shard.Find(new(SubjectKind.Ticket, "0"))!.Clocks.Single(c => c.Id == "answer").DueAt;
        var edit = new PolicyEdit(1, EditKind.Calendar, "office", 1, now, "bench", Office + "holidays: [{date: 2026-03-04}]\neffective: {running: true}\n");
        var (watch, cpu) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
        var change = new PolicyChange(edit, start.SetWith([edit]));
        var (turns, longest) = (0, 0.0);
        do
        {
            var from = Stopwatch.GetTimestamp();
            shard.Step(new(now, []) { Change = turns == 0 ? change : null });
            longest = Math.Max(longest, Stopwatch.GetElapsedTime(from).TotalMilliseconds);
            turns++;
        }
        while (shard.Sweeping);
        var moved = shard.Rows(SubjectKind.Ticket).Count(r => r.Clocks.Single(c => c.Id == "answer").DueAt > due);
        Console.WriteLine(FormattableString.Invariant(
            $"{tickets:N0} open tickets judged anew after a calendar change: {watch.Elapsed.TotalSeconds:F1} s ({(Environment.CpuUsage.TotalTime - cpu).TotalSeconds:F1} s of processor time) in {turns:N0} turns, the longest {longest:F0} ms; {moved:N0} due times moved"));
    }

    private static Event Created(int i, long now)
    {
        var time = DateTimeOffset.FromUnixTimeMilliseconds(now - (i % 3_600 * 1_000)).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        return EventReader.Read(Encoding.UTF8.GetBytes(
            $$$"""{"specversion":"1.0","id":"{{{i}}}","source":"bench","type":"ticket.created","time":"{{{time}}}","subject":"ticket/{{{i}}}","data":{"kind":"complaint","channel":"phone","department_id":"billing","priority":3}}""")).Event!;
    }
}
