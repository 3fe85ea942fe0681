using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using NodaTime;
using NodaTime.Text;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Web.Adapters;

/// <param name="Rule">that made it; null for an event that was made before and kept</param>
/// <param name="Event">as the vocabulary reads it</param>
public sealed record Mapped(Rule? Rule, Event Event)
{
    internal Once Once => Rule?.Once ?? Once.No;
}

/// <summary>What a row became: events; or nothing, and why that is meant; or nothing, and why it cannot be.</summary>
public abstract record Translation
{
    public sealed record Events(IReadOnlyList<Mapped> All) : Translation;

    public sealed record Ignored(string Reason) : Translation;

    /// <param name="Reason">Names rules and fields, never a value that was sent.</param>
    public sealed record Unmapped(string Reason) : Translation;
}

/// <summary>
/// Translates row by row, and nothing else: no clock, no counting. Remembers of each key its last row, its time and each subject's number, so that a
/// file gives the same events whenever it is read.
/// </summary>
public sealed class Mapper(Mapping mapping)
{
    private sealed class Past
    {
        public long Rows;
        public JsonElement? Last;
        public Instant Time = Instant.MinValue;
    }

    private const long EventsOfATurn = 4096; // more than become of a request

    private static readonly InstantPattern Rfc3339 = InstantPattern.CreateWithInvariantCulture("uuuu-MM-dd'T'HH:mm:ss.fff'Z'");
    private readonly Dictionary<string, Past> _keys = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _sequences = new(StringComparer.Ordinal);

    /// <summary>All or nothing: where one of a row's events cannot be made, none of them is.</summary>
    public Translation Translate(Row row)
    {
        Past? past = null;
        if (mapping.Key is not null)
        {
            if (mapping.Key.Fill(row, out var missing) is not { } key) return new Translation.Unmapped($"key: no value for {missing}");
            past = _keys.TryGetValue(key, out var known) ? known : _keys[key] = new();
            row = row with { Key = key, Number = past.Rows, Previous = past.Last };
        }
        var (events, time, sequences) = (new List<Mapped>(), past?.Time ?? Instant.MinValue, new Dictionary<string, long>(StringComparer.Ordinal));
        foreach (var rule in mapping.Rules)
        {
            if (!rule.Holds(row)) continue;
            if (rule.Ignore is { } reason)
            {
                if (events.Count == 0) return new Translation.Ignored(reason);
                break;
            }
            if (Make(rule, row, past, ref time, sequences, out var why) is not { } e) return new Translation.Unmapped($"{rule.Name}: {why}");
            events.Add(new(rule, e));
        }
        if (past is not null) Remember(past, row, time);
        foreach (var (subject, next) in sequences) _sequences[subject] = next;
        return events.Count > 0 ? new Translation.Events(events) : new Translation.Unmapped("no rule holds");
    }

    private static void Remember(Past past, Row row, Instant time)
    {
        past.Rows++;
        past.Last = row.Body;
        past.Time = time;
    }

    private Event? Make(Rule rule, Row row, Past? past, ref Instant time, Dictionary<string, long> sequences, out string? why)
    {
        if (rule.Time.At(row, out why) is not { } at) return null;
        if (past is not null && mapping.HoldTime) at = Instant.Max(at, past.Time);
        if (rule.Subject.Fill(row, out var missing) is not { } subject) return None($"subject: no value for {missing}", out why);
        if (rule.Id.Fill(row, out missing) is not { } id) return None($"id: no value for {missing}", out why);
        if (Data(rule, row, out why) is not { } data) return null;
        if (Sequence(rule, row, subject, sequences, out why) is not { } sequence) return null;
        var e = new JsonObject
        {
            ["specversion"] = "1.0", ["id"] = id, ["source"] = mapping.Source, ["type"] = rule.Type, ["time"] = Rfc3339.Format(at), ["subject"] = subject,
            ["sequence"] = sequence, ["data"] = data,
        };
        var read = EventReader.Read(JsonSerializer.SerializeToUtf8Bytes<JsonNode>(e));
        if (read.Error is { } error) return None($"{error.Code} {error.Pointer}: {error.Detail}", out why);
        time = Instant.Max(time, at);
        return read.Event;
    }

    private static Event? None(string reason, out string? why)
    {
        why = reason;
        return null;
    }

    /// <summary>Its own where the rule has one; else numbered, within the subject in a file and within the body in a request.</summary>
    private string? Sequence(Rule rule, Row row, string subject, Dictionary<string, long> sequences, out string? why)
    {
        why = null;
        if (rule.Sequence is not null)
        {
            var own = rule.Sequence.Fill(row, out var missing);
            if (own is null) why = $"sequence: no value for {missing}";
            return own;
        }
        var next = sequences.TryGetValue(subject, out var n) ? n : _sequences.GetValueOrDefault(subject);
        sequences[subject] = next + 1;
        var turn = rule.Time.IsArrival ? row.Turn : 0; // what has a time of its own must come out the same when it is said again
        return ((turn * EventsOfATurn) + next).ToString(CultureInfo.InvariantCulture);
    }

    private static JsonObject? Data(Rule rule, Row row, out string? why)
    {
        why = null;
        var data = new JsonObject();
        foreach (var (name, value) in rule.Data)
        {
            var found = value.Of(row, out why);
            if (why is not null)
            {
                why = $"data.{name} {why}";
                return null;
            }
            if (found is not null) Put(data, name, found);
        }
        return data;
    }

    private static void Put(JsonObject data, string name, JsonNode value)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0)
        {
            data[name] = value;
            return;
        }
        if (data[name[..dot]] is not JsonObject inner) data[name[..dot]] = inner = [];
        Put(inner, name[(dot + 1)..], value);
    }
}
