using NodaTime;
using OpsMonitor.Grains.Calendars;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Web.Reference;

namespace OpsMonitor.Web.Policies;

/// <summary>A clock as its file says it, and the line where it begins.</summary>
internal sealed record ClockEntry(ClockPolicy Clock, long Line);

/// <summary>A policy file.</summary>
internal sealed record PolicyFile(Policy Policy, string File, IReadOnlyList<ClockEntry> Clocks, Title? Title, string? Source)
{
    /// <summary>Null for one that stands in a file.</summary>
    public PolicyEdit? Edit { get; init; }
}

/// <summary>One policy file. What cannot be judged is refused, never left out in silence. (docs: policies)</summary>
internal sealed class PolicyReader(IReadOnlyDictionary<string, BusinessCalendar> calendars)
{
    internal static readonly string[] Keys = ["id", "version", "title", "effective", "source", "calendar", "applies_when", "priority", "targets", "clocks"];
    private static readonly string[] Fields = [.. Enum.GetValues<TicketField>().Select(Words.Of)];

    /// <exception cref="ReferenceDataException">The file breaks a rule.</exception>
    public PolicyFile Read(YamlEntry entry, string file)
    {
        var (id, version) = (entry.Name(), entry.Number("version", 1, int.MaxValue) ?? 1);
        var (title, source) = (entry.Title("title"), entry.Source());
        var calendar = Calendar(entry, calendars);
        var (from, to) = entry.Effective("running");
        var zone = (calendar ?? BusinessCalendar.Always).Zone;
        var clocks = entry.Mappings("clocks", ClockReader.Keys, []) ?? throw entry.Error("clocks", "'clocks' is required");
        if (clocks.Count == 0 && entry.Node("targets") is null) throw entry.Error("clocks", "'clocks' is empty");
        var read = clocks.Select(clock => new ClockEntry(new ClockReader(clock, calendars).Read(), clock.Line)).ToList();
        RefuseTwins(entry, read);
        var policy = new Policy(id, version, calendar, [.. read.Select(c => c.Clock)], TargetReader.Read(entry))
        {
            AppliesWhen = When(entry, "applies_when"),
            Priority = Whole(entry, "priority") ?? (id == Policy.DefaultId ? Policy.LastPriority : 0),
            From = from, To = to,
            FromMs = from is { } first ? Midnight(zone, first) : long.MinValue,
            ToMs = to is { } last ? Midnight(zone, last.PlusDays(1)) : long.MaxValue,
            AppliesToRunning = entry.Running(),
        };
        return new(policy, file, read, title, source);
    }

    private static long Midnight(DateTimeZone zone, LocalDate date) => zone.AtStartOfDay(date).ToInstant().ToUnixTimeMilliseconds();

    // Two clocks of one id would each be as good as the other; with other conditions there is a choice.
    private static void RefuseTwins(YamlEntry entry, List<ClockEntry> clocks)
    {
        var seen = new Dictionary<(string, ClockPer, string), long>();
        foreach (var (clock, line) in clocks)
            if (!seen.TryAdd((clock.Id, clock.Per, clock.When.ToString()), line))
                throw entry.At(line, $"clock '{clock.Id}' stands in line {seen[(clock.Id, clock.Per, clock.When.ToString())]} as well; give each its own 'when'");
    }

    internal static BusinessCalendar? Calendar(YamlEntry entry, IReadOnlyDictionary<string, BusinessCalendar> calendars) => entry.Text("calendar") is not { } id ? null
        : calendars.TryGetValue(id, out var calendar) ? calendar
        : throw entry.Error("calendar", $"calendar '{id}' is not in {PolicyFolder.Calendars}/");

    /// <summary>applies_when and when: each attribute with the values of which one must fit.</summary>
    internal static Condition When(YamlEntry entry, string key)
    {
        if (entry.IsNull(key) || entry.Mapping(key, Fields, []) is not { } mapping) return Condition.None;
        var asked = new List<Asked>();
        foreach (var field in Enum.GetValues<TicketField>())
        {
            var name = Words.Of(field);
            if (!mapping.Has(name)) continue;
            var values = mapping.TextOrTexts(name);
            if (values.Count == 0) throw mapping.Error(name, $"'{name}' names no value");
            asked.Add(new(field, values));
        }
        return asked.Count == 0 ? Condition.None : new(asked);
    }

    private static int? Whole(YamlEntry entry, string key)
    {
        if (entry.Text(key) is not { } text) return null;
        return int.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out var value) && Math.Abs((long)value) <= 1_000_000
            ? value : throw entry.Error(key, $"'{key}' must be a whole number from -1000000 to 1000000");
    }
}
