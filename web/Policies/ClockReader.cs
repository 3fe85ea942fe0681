using System.Globalization;
using NodaTime;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Calendars;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Web.Reference;
using YamlDotNet.RepresentationModel;

namespace OpsMonitor.Web.Policies;

/// <summary>One clock of a policy file. (docs: policies, Clocks)</summary>
internal sealed class ClockReader(YamlEntry entry, IReadOnlyDictionary<string, BusinessCalendar> calendars)
{
    private const int NominalDays = 3_650;

    public static readonly string[] Keys =
    [
        "id", "per", "calendar", "when", "start", "start_rule", "stop", "restart", "limit", "limit_by_priority", "count", "roll", "end_of_day", "pause_on", "pause_in",
        "on_reopen", "extend", "warn", "breach", "escalate", "targets",
    ];

    private static readonly Dictionary<string, LimitUnit> Units = Enum.GetValues<LimitUnit>().ToDictionary(Words.Of, StringComparer.Ordinal);
    private static readonly Dictionary<string, PauseReason> Reasons = Enum.GetValues<PauseReason>().ToDictionary(Words.Of, StringComparer.Ordinal);

    /// <exception cref="ReferenceDataException">The clock breaks a rule.</exception>
    public ClockPolicy Read()
    {
        var per = One("per", ("ticket", ClockPer.Ticket), ("dispatch", ClockPer.Dispatch), ("callback", ClockPer.Callback)) ?? ClockPer.Ticket;
        var stop = Types("stop", per, "stop") ?? throw entry.Error("stop", "'stop' is required");
        if (stop.Count == 0) throw entry.Error("stop", "'stop' is empty");
        TargetReader.Read(entry);
        var (limits, own) = Limits(per);
        return new(entry.Name(), per, stop, limits)
        {
            Start = Start(per),
            When = PolicyReader.When(entry, "when"),
            Calendar = PolicyReader.Calendar(entry, calendars),
            Counting = new(
                One("count", ("exclude_start_day", false), ("include_start_day", true)) ?? false, entry.Flag("end_of_day") ?? false,
                One("roll", ("none", false), ("next_business_day", true)) ?? false),
            CutOff = CutOff(),
            PauseOn = PauseOn(),
            PauseInResolved = PauseIn("resolved"),
            PauseInClosed = PauseIn("closed"),
            Extend = Extend(),
            Warn = Warn(),
            Breach = Level(entry.Mapping("breach", ["level"], []), AlertLevel.Red),
            Escalate = Escalate(),
            Restart = Types("restart", per, "restart") ?? [],
            OnReopen = One("on_reopen", ("resume", OnReopen.Resume), ("restart", OnReopen.Restart), ("keep", OnReopen.Keep)) ?? OnReopen.Resume,
            // A dispatch that names its own time is promised for then, whatever the policy's limit; so is a ticket for the clock resolution.
            FromDueAt = own || (per == ClockPer.Dispatch && stop.Contains("ticket.dispatch_answered")) || entry.Name() == "resolution",
        };
    }

    private List<string> Start(ClockPer per)
    {
        var built = per switch { ClockPer.Dispatch => "ticket.dispatched", ClockPer.Callback => "callback.promised", _ => null };
        if (!entry.Has("start")) return built is null ? throw entry.Error("start", "'start' is required") : [built];
        var types = entry.TextOrTexts("start").Select(t => t == "created" ? "ticket.created" : t).ToList();
        foreach (var type in types) Check(type, entry.Line, per, "start");
        return types;
    }

    private List<string>? Types(string key, ClockPer per, string verb)
    {
        if (entry.Texts(key) is not { } texts) return null;
        foreach (var (type, line) in texts)
        {
            Check(type, line, per, verb);
            if (type is "ticket.created" or "callback.promised") throw entry.At(line, $"'{type}' cannot {verb} a clock");
        }
        return [.. texts.Select(t => t.Text)];
    }

    private void Check(string type, long line, ClockPer per, string verb)
    {
        if (!EventTypes.All.ContainsKey(type)) throw entry.At(line, $"'{type}' is not an event type");
        var own = per == ClockPer.Callback ? "callback." : "ticket.";
        if (per == ClockPer.Ticket && type.StartsWith("survey.", StringComparison.Ordinal)) return;
        if (!type.StartsWith(own, StringComparison.Ordinal)) throw entry.At(line, $"'{type}' cannot {verb} a clock per {Words.Of(per)}: only {own}* events are in its history");
    }

    private (List<Limit> Limits, bool Own) Limits(ClockPer per)
    {
        if (entry.Has("limit") == entry.Has("limit_by_priority")) throw entry.Error("limit", "either 'limit' or 'limit_by_priority' is required");
        if (entry.Mapping("limit", ["value", "unit", "from"], []) is { } limit)
        {
            if (limit.Text("from") is not { } from) return ([LimitOf(limit)], false);
            if (from != "due_at") throw limit.Error("from", "'from' may only be due_at");
            return (limit.Has("value") || limit.Has("unit") ? [LimitOf(limit)] : [], true);
        }
        if (per == ClockPer.Callback) throw entry.Error("limit_by_priority", "a clock per callback has one 'limit'");
        var limits = entry.Mappings("limit_by_priority", ["value", "unit"], [])!;
        return limits.Count == 4 ? ([.. limits.Select(l => LimitOf(l))], false)
            : throw entry.Error("limit_by_priority", "'limit_by_priority' needs four limits, for priority 1 to 4");
    }

    private static Limit LimitOf(YamlEntry entry, int least = 1)
    {
        var value = entry.Number("value", least, int.MaxValue) ?? throw entry.Error("value", "'value' is required");
        var name = entry.Text("unit") ?? throw entry.Error("unit", "'unit' is required");
        if (!Units.TryGetValue(name, out var unit)) throw entry.Error("unit", $"'{name}' is not a unit; known are {string.Join(", ", Units.Keys)}");
        var limit = new Limit(value, unit);
        return limit.Ms <= NominalDays * 86_400_000L ? limit : throw entry.Error("value", $"a limit may not be longer than {NominalDays} days");
    }

    private int? CutOff()
    {
        if (entry.IsNull("start_rule") || entry.Mapping("start_rule", ["cutoff", "after_cutoff"], []) is not { } rule) return null;
        var at = rule.TimeOfDay("cutoff") ?? throw rule.Error("cutoff", "'cutoff' is required");
        if (rule.Text("after_cutoff") is not (null or "next_business_day")) throw rule.Error("after_cutoff", "'after_cutoff' may only be next_business_day");
        return (at.Hour * 60) + at.Minute;
    }

    private List<PauseReason> PauseOn() => [.. (entry.Texts("pause_on") ?? []).Select(r => Reasons.TryGetValue(r.Text, out var reason) ? reason
        : throw entry.At(r.Line, $"'{r.Text}' is not a reason to pause; known are {string.Join(", ", Reasons.Keys)}"))];

    private bool PauseIn(string state)
    {
        var states = entry.Texts("pause_in") ?? [];
        foreach (var (text, line) in states)
            if (text is not ("resolved" or "closed")) throw entry.At(line, $"'{text}' is not a state to pause in; known are resolved, closed");
        return states.Any(s => s.Text == state);
    }

    private Extension Extend()
    {
        if (entry.IsNull("extend") || entry.Mapping("extend", ["on", "mode", "to", "max"], []) is not { } extend) return Extension.Default;
        var on = extend.Text("on") ?? Extension.Default.On;
        Check(on, extend.Line, ClockPer.Ticket, "extend");
        var mode = extend.Text("mode") switch
        {
            null or "replace" => ExtendMode.Replace,
            "add" => ExtendMode.Add,
            var other => throw extend.Error("mode", $"'mode' may be replace or add, not '{other}'"),
        };
        var to = extend.Mapping("to", ["value", "unit"], []) is { } t ? LimitOf(t) : (Limit?)null;
        var max = extend.IsNull("max") ? null : extend.Mapping("max", ["value", "unit"], []) is { } m ? LimitOf(m) : (Limit?)null;
        if (on != Extension.Default.On && to is null) throw extend.Error("to", $"'{on}' names no new limit: 'to' is required");
        return new(on, mode, to, max);
    }

    private List<Warning> Warn()
    {
        if (entry.Mappings("warn", ["at", "before", "level"], []) is not { } warnings) return [Warning.Default];
        return warnings.Select(warning =>
        {
            if (warning.Has("at") == warning.Has("before")) throw warning.Error("at", "a warning has either 'at' or 'before'");
            var level = Level(warning, AlertLevel.Yellow);
            return warning.Mapping("before", ["value", "unit"], []) is { } before ? new(null, LimitOf(before), level) : new Warning(Percent(warning), null, level);
        }).ToList();
    }

    private static int Percent(YamlEntry warning) =>
        warning.Text("at") is [.. var digits, '%'] && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var percent) && percent is > 0 and < 100
            ? percent
            : throw warning.Error("at", "'at' must be from 1% to 99%");

    private static AlertLevel Level(YamlEntry? entry, AlertLevel built) => entry?.Text("level") switch
    {
        null => built,
        "yellow" => AlertLevel.Yellow,
        "red" => AlertLevel.Red,
        var other => throw entry.Error("level", $"'level' may be yellow or red, not '{other}'"),
    };

    private List<EscalationStep> Escalate() => (entry.Mappings("escalate", ["after", "to"], []) ?? []).Select(step =>
        new EscalationStep(After(step), step.Text("to") ?? throw step.Error("to", "'to' is required"))).ToList();

    // 0s, 30m, 2h, 1d, or a mapping of value and unit.
    private static Limit After(YamlEntry step)
    {
        if (step.Node("after") is YamlMappingNode) return LimitOf(step.Mapping("after", ["value", "unit"], [])!, least: 0);
        if (step.Text("after") is [.. var digits, var unit] && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && "smhd".Contains(unit, StringComparison.Ordinal))
            return new(value, unit switch { 's' => LimitUnit.Second, 'm' => LimitUnit.Minute, 'h' => LimitUnit.Hour, _ => LimitUnit.CalendarDay });
        throw step.Error("after", "'after' must be a duration such as 0s, 30m, 2h, 1d, or {value: 1, unit: business_day}");
    }

    private T? One<T>(string key, params (string Word, T Value)[] words) where T : struct
    {
        if (entry.Text(key) is not { } text) return null;
        foreach (var (word, value) in words)
            if (word == text) return value;
        throw entry.Error(key, $"'{key}' may be {string.Join(", ", words.Select(w => w.Word))}, not '{text}'");
    }
}
