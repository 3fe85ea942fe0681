using NodaTime;
using NodaTime.Text;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Web.Channels;
using OpsMonitor.Web.Policies;
using OpsMonitor.Web.Reference;

namespace OpsMonitor.Web.Duty;

/// <summary>A rota and whom it stands for: these levels of the ladder, in these departments (empty: all).</summary>
internal sealed record RotaEntry(Rota Plan, string Name, IReadOnlyList<string> Levels, IReadOnlyList<string> Departments)
{
    public bool Takes(string? department, string level) =>
        Levels.Contains(level, StringComparer.Ordinal) && (Departments.Count == 0 || (department is not null && Departments.Contains(department, StringComparer.Ordinal)));
}

/// <summary>Reads <c>rotas</c> of channels.yaml, with the rest of it or not at all.</summary>
internal static class RotaReader
{
    private const int Most = 100, MostShifts = 50, MostStandIns = 2_000;

    private static readonly LocalTimePattern HourMinute = LocalTimePattern.CreateWithInvariantCulture("HH':'mm");
    private static readonly LocalDateTimePattern When = LocalDateTimePattern.CreateWithInvariantCulture("uuuu-MM-dd'T'HH:mm");
    private static readonly string[] DayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

    /// <exception cref="ReferenceDataException">It breaks a rule.</exception>
    public static IReadOnlyList<RotaEntry> Read(YamlEntry root, IReadOnlyList<Contact> contacts, Func<YamlEntry, IReadOnlyList<string>> departments)
    {
        var all = new List<RotaEntry>();
        foreach (var entry in root.Mappings("rotas", ["id", "name", "zone", "levels", "departments", "from", "shifts", "overrides"], []) ?? [])
        {
            var rota = Rota(entry, contacts, departments);
            if (all.Any(r => r.Plan.Id == rota.Plan.Id)) throw entry.Error("id", $"rota '{rota.Plan.Id}' stands twice");
            all.Add(rota);
            if (all.Count > Most) throw entry.Error("id", $"there may be {Most} rotas");
        }
        return all;
    }

    private static RotaEntry Rota(YamlEntry entry, IReadOnlyList<Contact> contacts, Func<YamlEntry, IReadOnlyList<string>> departments)
    {
        var id = entry.Name();
        var zone = entry.TimeZone("zone") ?? throw entry.Error("zone", "'zone' is required: shifts are told in its time");
        var from = entry.Date("from") ?? throw entry.Error("from", "'from' is required: weeks are counted from this date, and turns change on its day of the week");
        var levels = entry.Texts("levels") is { Count: > 0 } texts ? texts : throw entry.Error("levels", "'levels' is required: the levels of the ladder that it stands for");
        var shifts = new List<Shift>();
        foreach (var shift in entry.Mappings("shifts", ["days", "from", "to", "people"], []) ?? [])
        {
            shifts.Add(new(Days(shift), Time(shift, "from"), Time(shift, "to"), People(shift, contacts)));
            if (shifts.Count > MostShifts) throw shift.Error("days", $"a rota may have {MostShifts} shifts");
            if (Grains.Alerts.Rota.Overlap(shifts) is not null) throw shift.Error("days", "two shifts have two people on duty at once");
        }
        if (shifts.Count == 0) throw entry.Error("shifts", "'shifts' is required");
        var standIns = new List<StandIn>();
        foreach (var one in entry.Mappings("overrides", ["from", "to", "person", "reason"], []) ?? [])
        {
            standIns.Add(StandIn(one, zone, contacts));
            if (standIns.Count > MostStandIns) throw one.Error("from", $"a rota may have {MostStandIns} overrides");
        }
        return new(new(id, zone, from, shifts, standIns), entry.Text("name") ?? id, [.. levels.Select(l => l.Text)], departments(entry));
    }

    private static StandIn StandIn(YamlEntry entry, DateTimeZone zone, IReadOnlyList<Contact> contacts)
    {
        var (from, to) = (Instant("from"), Instant("to"));
        if (to <= from) throw entry.Error("to", "'to' lies not after 'from'");
        var person = entry.Text("person") ?? throw entry.Error("person", "'person' is required");
        return new(from, to, Known(person, contacts) ? person : throw entry.Error("person", $"there is no contact '{person}'"), entry.Text("reason"));

        long Instant(string key) => When.Parse(entry.Text(key) ?? "") is { Success: true } parsed ? zone.AtLeniently(parsed.Value).ToInstant().ToUnixTimeMilliseconds()
            : throw entry.Error(key, $"'{key}' must be a local time such as 2026-02-16T18:00");
    }

    private static IReadOnlyList<IsoDayOfWeek> Days(YamlEntry entry)
    {
        var days = new List<IsoDayOfWeek>();
        foreach (var (text, line) in entry.Texts("days") ?? throw entry.Error("days", "'days' is required"))
        {
            var day = (IsoDayOfWeek)(Array.IndexOf(DayNames, text) + 1);
            if (day == IsoDayOfWeek.None) throw entry.At(line, $"a day is one of {string.Join(", ", DayNames)}");
            if (days.Contains(day)) throw entry.At(line, $"'{text}' stands twice");
            days.Add(day);
        }
        return days.Count > 0 ? days : throw entry.Error("days", "'days' is empty");
    }

    private static LocalTime Time(YamlEntry entry, string key) => HourMinute.Parse(entry.Text(key) ?? "") is { Success: true } parsed ? parsed.Value
        : throw entry.Error(key, $"'{key}' must be a time such as \"09:00\", in quotes");

    private static IReadOnlyList<string> People(YamlEntry entry, IReadOnlyList<Contact> contacts)
    {
        var people = new List<string>();
        foreach (var (text, line) in entry.Texts("people") ?? throw entry.Error("people", "'people' is required: contacts who take turns"))
            people.Add(Known(text, contacts) ? text : throw entry.At(line, $"there is no contact '{text}'"));
        return people.Count > 0 ? people : throw entry.Error("people", "'people' is empty");
    }

    private static bool Known(string person, IReadOnlyList<Contact> contacts) => contacts.Any(c => c.Id == person);
}
