using NodaTime;
using NodaTime.Text;
using OpsMonitor.Grains.Calendars;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Web.Reference;

namespace OpsMonitor.Web.Policies;

/// <summary>A calendar file: what it says, and what a reader of it should know.</summary>
/// <param name="AnnouncedUntil">the last date whose holidays are official; later ones are computed or missing. Null where nothing is said.</param>
internal sealed record CalendarFile(string Id, string File, long Line, DateTimeZone Zone, WorkingDays Days, Title? Title, string? Source, LocalDate? AnnouncedUntil)
{
    /// <summary>Saved to hold for running clocks too.</summary>
    public bool Running { get; init; }

    /// <summary>Null for one that stands in a file.</summary>
    public PolicyEdit? Edit { get; init; }
}

/// <summary>One calendar file: an id, a time zone, the working periods of a week, and the dates that differ. (docs: policies)</summary>
internal static class CalendarReader
{
    private const int MostDays = 20_000;

    internal static readonly string[] Keys = ["id", "title", "time_zone", "week", "holidays", "working_days", "effective", "source", "announced_until"];
    private static readonly string[] Days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    private static readonly LocalTimePattern HourMinute = LocalTimePattern.CreateWithInvariantCulture("HH':'mm");

    /// <exception cref="ReferenceDataException">The file breaks a rule.</exception>
    public static CalendarFile Read(string file) => Read(YamlEntries.One(file, Keys, []), file);

    public static CalendarFile Read(YamlEntry entry, string file)
    {
        var id = entry.Name();
        if (id == BusinessCalendar.Always.Id) throw entry.Error("id", $"'{id}' is built in");
        var title = entry.Title("title");
        var source = entry.Source();
        var zone = entry.TimeZone("time_zone") ?? throw entry.Error("time_zone", "'time_zone' is required");
        var mapping = entry.Mapping("week", Days, []) ?? throw entry.Error("week", "'week' is required");
        var week = Days.Select(day => Periods(mapping, day)).ToList();
        RefuseOverlap(mapping, week);
        var plain = week.ConvertAll(day => (IReadOnlyList<DayPeriod>)day.ConvertAll(p => p.Period));
        var dates = new SpecialDates(plain);
        foreach (var holiday in entry.Mappings("holidays", ["date", "from", "to", "every", "name", "periods"], []) ?? []) dates.Add(holiday);
        foreach (var working in entry.Mappings("working_days", ["date", "like", "name", "periods"], []) ?? []) dates.AddWorking(working);
        if (plain.All(day => day.Count == 0) && !dates.AnyOpen) throw entry.Error("week", "'week' has no working period");
        var (from, to) = entry.Effective("running");
        return new(id, file, entry.Line, zone, new(plain, dates.Dates, dates.Yearly, from, to), title, source, entry.Date("announced_until")) { Running = entry.Running() };
    }

    /// <summary>
    /// The dates that differ from the week. The more particular entry wins: a working day over a holiday of one date, that over a span of dates, that
    /// over a day of every year.
    /// </summary>
    private sealed class SpecialDates(List<IReadOnlyList<DayPeriod>> week)
    {
        private readonly SortedDictionary<LocalDate, int> _rank = [];

        public SortedDictionary<LocalDate, IReadOnlyList<DayPeriod>> Dates { get; } = [];

        public SortedDictionary<YearDay, IReadOnlyList<DayPeriod>> Yearly { get; } = [];

        public bool AnyOpen => Dates.Values.Concat(Yearly.Values).Any(periods => periods.Count > 0);

        public void Add(YamlEntry entry)
        {
            entry.Label("name");
            var periods = Periods(entry, "periods").ConvertAll(p => p.Period);
            var kinds = new[] { "date", "from", "every" }.Count(entry.Has);
            if (kinds != 1) throw entry.Error("date", "a holiday has one of 'date', 'from' with 'to', and 'every'");
            if (entry.Has("to") && !entry.Has("from")) throw entry.Error("to", "'to' needs 'from'");
            if (entry.Date("date") is { } date) Put(entry, date, periods, 2);
            else if (entry.Has("every")) Yearly[Every(entry)] = periods;
            else Span(entry, periods);
        }

        public void AddWorking(YamlEntry entry)
        {
            entry.Label("name");
            var date = entry.Date("date") ?? throw entry.Error("date", "'date' is required");
            if (entry.Has("like") == entry.Has("periods")) throw entry.Error("like", "a working day has either 'like' (mon to sun) or 'periods'");
            if (entry.Has("periods")) { Put(entry, date, Periods(entry, "periods").ConvertAll(p => p.Period), 3); return; }
            var day = Array.IndexOf(Days, entry.Text("like"));
            if (day < 0) throw entry.Error("like", "'like' must be one of mon, tue, wed, thu, fri, sat, sun");
            if (week[day].Count == 0) throw entry.Error("like", $"'{Days[day]}' does not work in this calendar");
            Put(entry, date, week[day], 3);
        }

        private void Span(YamlEntry entry, IReadOnlyList<DayPeriod> periods)
        {
            var (from, to) = (entry.Date("from")!.Value, entry.Date("to") ?? throw entry.Error("from", "'from' needs 'to'"));
            if (to < from) throw entry.Error("to", "'to' lies before 'from'");
            if (Period.DaysBetween(from, to) > MostDays) throw entry.Error("to", $"a span may not be longer than {MostDays} days");
            for (var date = from; date <= to; date = date.PlusDays(1)) Put(entry, date, periods, 1);
        }

        private void Put(YamlEntry entry, LocalDate date, IReadOnlyList<DayPeriod> periods, int rank)
        {
            var stands = _rank.GetValueOrDefault(date);
            if (stands > rank) return;
            if (stands == rank && !Dates[date].SequenceEqual(periods)) throw entry.At(entry.Line, $"{date:uuuu-MM-dd} stands twice, with different hours");
            (Dates[date], _rank[date]) = (periods, rank);
        }

        private static YearDay Every(YamlEntry entry)
        {
            var text = entry.Text("every");
            // A leap year's pattern, so that 29 February may be named.
            return LocalDatePattern.Iso.Parse($"2024-{text}") is { Success: true } day ? new(day.Value.Month, day.Value.Day)
                : throw entry.Error("every", "'every' must be a month and a day such as \"12-25\"");
        }
    }

    private readonly record struct Placed(DayPeriod Period, long Line);

    private static List<Placed> Periods(YamlEntry entry, string key)
    {
        var periods = (entry.Texts(key) ?? []).Select(text => new Placed(Parse(entry, text.Text, text.Line), text.Line)).OrderBy(p => p.Period.From).ToList();
        for (var i = 1; i < periods.Count; i++)
            if (periods[i - 1].Period.To > periods[i].Period.From) throw entry.At(periods[i - 1].Line, "this period overlaps the next one");
        return periods;
    }

    private static DayPeriod Parse(YamlEntry entry, string text, long line)
    {
        if (text.Split('-') is [var from, var to] && HourMinute.Parse(from) is { Success: true } start)
        {
            var opens = Minutes(start.Value);
            if (to == "24:00") return new(opens, DayPeriod.DayMinutes);
            if (HourMinute.Parse(to) is { Success: true } end && end.Value != start.Value)
                return new(opens, Minutes(end.Value) + (end.Value < start.Value ? DayPeriod.DayMinutes : 0));
        }
        throw entry.At(line, $"'{text}' is not a period such as \"09:00-17:00\", \"22:00-06:00\" or \"00:00-24:00\"");
    }

    private static int Minutes(LocalTime time) => (time.Hour * 60) + time.Minute;

    // Time that two periods share would count twice to the eye. Sunday's night runs into Monday.
    private static void RefuseOverlap(YamlEntry week, List<List<Placed>> days)
    {
        const int Week = 7 * DayPeriod.DayMinutes;
        var all = days.SelectMany((day, i) => day.Select(p => (Start: (i * DayPeriod.DayMinutes) + p.Period.From, End: (i * DayPeriod.DayMinutes) + p.Period.To, p.Line))).ToList();
        for (var i = 0; i < all.Count; i++)
        {
            var nextStart = i + 1 < all.Count ? all[i + 1].Start : all[0].Start + Week;
            if (all[i].End > nextStart) throw week.At(all[i].Line, "this period overlaps the next one");
        }
    }
}
