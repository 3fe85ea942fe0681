using NodaTime;
using NodaTime.Text;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Web.Reference;

namespace OpsMonitor.Web.Policies;

/// <summary>One calendar file: an id, a time zone and the working periods of a week. (docs: policies)</summary>
internal static class CalendarReader
{
    private const int DayMinutes = 24 * 60, WeekMinutes = 7 * DayMinutes;

    private static readonly string[] Days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    private static readonly LocalTimePattern HourMinute = LocalTimePattern.CreateWithInvariantCulture("HH':'mm");

    /// <exception cref="ReferenceDataException">The file breaks a rule or asks for what cannot be judged yet.</exception>
    public static BusinessCalendar Read(string file)
    {
        var entry = YamlEntries.One(file, ["id", "title", "time_zone", "week", "source"], ["holidays", "working_days", "effective"]);
        var id = entry.Name();
        if (id == BusinessCalendar.Always.Id) throw entry.Error("id", $"'{id}' is built in");
        entry.Title("title");
        entry.Source();
        var zone = entry.TimeZone("time_zone") ?? throw entry.Error("time_zone", "'time_zone' is required");
        var week = entry.Mapping("week", Days, []) ?? throw entry.Error("week", "'week' is required");
        var days = Days.Select(day => Periods(week, day)).ToList();
        if (days.All(day => day.Count == 0)) throw entry.Error("week", "'week' has no working period");
        RefuseOverlap(week, days);
        return new(id, zone, days.ConvertAll(day => (IReadOnlyList<(LocalTime, LocalTime, bool)>)day.ConvertAll(p => (p.From, p.To, p.ToMidnight))));
    }

    private readonly record struct Period(LocalTime From, LocalTime To, bool ToMidnight, long Line)
    {
        public int Start => Minutes(From);

        public int End => ToMidnight ? DayMinutes : Minutes(To) + (To <= From ? DayMinutes : 0);

        private static int Minutes(LocalTime time) => (time.Hour * 60) + time.Minute;
    }

    private static List<Period> Periods(YamlEntry week, string day) =>
        [.. (week.Texts(day) ?? []).Select(text => Parse(week, text.Text, text.Line)).OrderBy(period => period.Start)];

    private static Period Parse(YamlEntry week, string text, long line)
    {
        if (text.Split('-') is [var from, var to] && HourMinute.Parse(from) is { Success: true } start)
        {
            if (to == "24:00") return new(start.Value, LocalTime.Midnight, true, line);
            if (HourMinute.Parse(to) is { Success: true } end && end.Value != start.Value) return new(start.Value, end.Value, false, line);
        }
        throw week.At(line, $"'{text}' is not a period such as \"09:00-17:00\", \"22:00-06:00\" or \"00:00-24:00\"");
    }

    // Time that two periods share would count twice. Sunday's night runs into Monday.
    private static void RefuseOverlap(YamlEntry week, List<List<Period>> days)
    {
        var all = days.SelectMany((day, index) => day.Select(p => (Start: (index * DayMinutes) + p.Start, End: (index * DayMinutes) + p.End, p.Line))).ToList();
        for (var i = 0; i < all.Count; i++)
        {
            var nextStart = i + 1 < all.Count ? all[i + 1].Start : all[0].Start + WeekMinutes;
            if (all[i].End > nextStart) throw week.At(all[i].Line, "this period overlaps the next one");
        }
    }
}
