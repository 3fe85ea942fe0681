using System.Globalization;
using NodaTime;
using NodaTime.Text;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Web.Reference;

namespace OpsMonitor.Web.Policies;

/// <summary>A clock as its file says it, and the line where it begins.</summary>
internal sealed record ClockEntry(ClockPolicy Clock, string File, long Line);

/// <summary>A policy file. <see cref="Calendar"/> is null where the file names none.</summary>
internal sealed record PolicyEntry(string Id, int Version, BusinessCalendar? Calendar, IReadOnlyList<ClockEntry> Clocks);

/// <summary>One policy file. What the rules cannot judge yet is refused, never left out in silence. (docs: policies)</summary>
internal sealed class PolicyReader(IReadOnlyDictionary<string, BusinessCalendar> calendars, LocalDate today)
{
    private const int NominalDays = 3_650;

    private static readonly string[] PolicyKeys = ["id", "version", "title", "calendar", "source", "effective", "clocks"];
    private static readonly string[] PolicyLater = ["applies_when", "priority", "targets"];
    private static readonly string[] ClockKeys = ["id", "per", "calendar", "start", "stop", "limit", "limit_by_priority", "pause_on", "warn", "breach"];
    private static readonly string[] ClockLater =
        ["when", "start_rule", "count", "roll", "extend", "escalate", "restart", "pause_in", "on_reopen", "end_of_day", "targets"];

    private static readonly Dictionary<string, LimitUnit> Units = Enum.GetValues<LimitUnit>().ToDictionary(Snake, StringComparer.Ordinal);
    private static readonly Dictionary<string, PauseReason> Reasons = Enum.GetValues<PauseReason>().ToDictionary(Snake, StringComparer.Ordinal);

    /// <exception cref="ReferenceDataException">The file breaks a rule or asks for what cannot be judged yet.</exception>
    public PolicyEntry Read(string file)
    {
        var entry = YamlEntries.One(file, PolicyKeys, PolicyLater);
        var (id, version) = (entry.Name(), entry.Number("version", 1, int.MaxValue) ?? 1);
        entry.Title("title");
        entry.Source();
        CheckEffective(entry);
        var calendar = Calendar(entry);
        var clocks = entry.Mappings("clocks", ClockKeys, ClockLater) ?? throw entry.Error("clocks", "'clocks' is required");
        if (clocks.Count == 0) throw entry.Error("clocks", "'clocks' is empty");
        return new(id, version, calendar, [.. clocks.Select(clock => new ClockEntry(Clock(clock, id, version), file, clock.Line))]);
    }

    private void CheckEffective(YamlEntry policy)
    {
        if (policy.IsNull("effective") || policy.Mapping("effective", ["from", "to"], []) is not { } effective) return;
        if (effective.Has("to") && !effective.IsNull("to")) throw effective.Error("to", "an end of effect is not supported yet");
        if (effective.IsNull("from") || effective.Text("from") is not { } text) return;
        var from = LocalDatePattern.Iso.Parse(text);
        if (!from.Success) throw effective.Error("from", "'from' must be a date such as 2026-04-08");
        if (from.Value > today) throw effective.Error("from", "a policy that takes effect in the future is not supported yet");
    }

    private BusinessCalendar? Calendar(YamlEntry entry) => entry.Text("calendar") is not { } id ? null
        : calendars.TryGetValue(id, out var calendar) ? calendar
        : throw entry.Error("calendar", $"calendar '{id}' is not in {PolicyFolder.Calendars}/");

    private ClockPolicy Clock(YamlEntry entry, string policy, int version)
    {
        var per = entry.Text("per") switch
        {
            null or "ticket" => ClockPer.Ticket,
            "dispatch" => ClockPer.Dispatch,
            "callback" => throw entry.Error("per", "'per: callback' is not supported yet; a callback is always judged by its own due_at"),
            var other => throw entry.Error("per", $"'per' may be ticket or dispatch, not '{other}'"),
        };
        CheckStart(entry, per);
        CheckBreach(entry);
        return new(entry.Name(), per, Stop(entry, per), Limits(entry), PauseOn(entry, per), Warn(entry), policy, version, Calendar(entry));
    }

    private static void CheckStart(YamlEntry entry, ClockPer per)
    {
        var start = entry.Text("start");
        if (per == ClockPer.Dispatch && start is not (null or "ticket.dispatched")) throw entry.Error("start", "a clock per dispatch starts with ticket.dispatched");
        if (per == ClockPer.Ticket && start is null) throw entry.Error("start", "'start' is required");
        if (per == ClockPer.Ticket && start is not ("ticket.created" or "created")) throw entry.Error("start", "a start other than ticket.created is not supported yet");
    }

    private static List<string> Stop(YamlEntry entry, ClockPer per)
    {
        var stop = entry.Texts("stop") ?? throw entry.Error("stop", "'stop' is required");
        if (stop.Count == 0) throw entry.Error("stop", "'stop' is empty");
        foreach (var (type, line) in stop)
        {
            if (!EventTypes.All.ContainsKey(type)) throw entry.At(line, $"'{type}' is not an event type");
            if (!type.StartsWith("ticket.", StringComparison.Ordinal) || type == "ticket.created") throw entry.At(line, $"'{type}' cannot stop a clock");
        }
        var types = stop.Select(s => s.Text).ToList();
        if (per == ClockPer.Dispatch && types is not ["ticket.dispatch_answered"])
            throw entry.Error("stop", "a clock per dispatch stops with [ticket.dispatch_answered] only");
        // Resolution can be undone, the others cannot: one clock cannot be judged both ways.
        if (types.Count > 1 && types.Contains("ticket.resolved")) throw entry.Error("stop", "ticket.resolved together with other events is not supported yet");
        return types;
    }

    private static List<Limit> Limits(YamlEntry entry)
    {
        if (entry.Has("limit") == entry.Has("limit_by_priority")) throw entry.Error("limit", "either 'limit' or 'limit_by_priority' is required");
        if (entry.Mapping("limit", ["value", "unit"], ["from"]) is { } limit) return [Limit(limit)];
        var limits = entry.Mappings("limit_by_priority", ["value", "unit"], ["from"])!;
        return limits.Count == 4 ? [.. limits.Select(Limit)] : throw entry.Error("limit_by_priority", "'limit_by_priority' needs four limits, for priority 1 to 4");
    }

    private static Limit Limit(YamlEntry entry)
    {
        var value = entry.Number("value", 1, int.MaxValue) ?? throw entry.Error("value", "'value' is required");
        var name = entry.Text("unit") ?? throw entry.Error("unit", "'unit' is required");
        if (name == "month") throw entry.Error("unit", "the unit month is not supported yet");
        if (!Units.TryGetValue(name, out var unit)) throw entry.Error("unit", $"'{name}' is not a unit; known are {string.Join(", ", Units.Keys)}");
        var limit = new Limit(value, unit);
        return limit.Ms <= NominalDays * 86_400_000L ? limit : throw entry.Error("value", $"a limit may not be longer than {NominalDays} days");
    }

    private static List<PauseReason> PauseOn(YamlEntry entry, ClockPer per)
    {
        var reasons = entry.Texts("pause_on") ?? [];
        if (per == ClockPer.Dispatch && reasons.Count > 0) throw entry.Error("pause_on", "a clock per dispatch cannot pause yet");
        return [.. reasons.Select(r => Reasons.TryGetValue(r.Text, out var reason) ? reason
            : throw entry.At(r.Line, $"'{r.Text}' is not a reason to pause; known are {string.Join(", ", Reasons.Keys)}"))];
    }

    /// <summary>Percent of the limit; 100 is no warning, since the due instant is a breach already.</summary>
    private static int Warn(YamlEntry entry)
    {
        if (entry.Mappings("warn", ["at", "level"], ["before"]) is not { } warnings) return 75;
        if (warnings.Count == 0) return 100;
        if (warnings.Count > 1) throw warnings[1].At(warnings[1].Line, "more than one warning is not supported yet");
        if (warnings[0].Text("level") is not (null or "yellow")) throw warnings[0].Error("level", "a warning of another level than yellow is not supported yet");
        return warnings[0].Text("at") is [.. var digits, '%'] && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var percent) && percent is > 0 and < 100
            ? percent
            : throw warnings[0].Error("at", "'at' must be from 1% to 99%");
    }

    private static void CheckBreach(YamlEntry entry)
    {
        if (entry.Mapping("breach", ["level"], []) is { } breach && breach.Text("level") is not (null or "red"))
            throw breach.Error("level", "a breach of another level than red is not supported yet");
    }

    private static string Snake<T>(T value) where T : struct, Enum =>
        string.Concat(value.ToString().Select((c, i) => char.IsAsciiLetterUpper(c) ? (i == 0 ? "" : "_") + char.ToLowerInvariant(c) : c.ToString()));
}
