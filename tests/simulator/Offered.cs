using System.Globalization;
using System.Text;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Simulator;

/// <summary>What one sender posts in one request.</summary>
public sealed record Batch(int Number, long SendAt, IReadOnlyList<Event> Events)
{
    private EventHash[]? _hashes;

    /// <summary>Taken once, however often it is sent.</summary>
    public EventHash[] Hashes => _hashes ??= EventHash.Of(Events);
}

/// <summary>
/// The events of one schedule, made up beforehand: tickets, contacts and callbacks whose stops lie before, on and after their due instants; late,
/// early, repeated and irregular ones among them.
/// </summary>
public sealed partial class Offered
{
    private static readonly string[] Departments = ["billing", "network"];

    private readonly Dice _dice;
    private readonly long _from, _to;
    private readonly List<(long SendAt, Event Event)> _planned = [];
    private int _ids;

    private Offered(Dice dice, long from, long to) => (_dice, _from, _to) = (dice, from, to);

    public static List<Batch> Of(Dice dice, Scene scene, long from, long to)
    {
        var all = new Offered(dice, from, to);
        for (var n = dice.Below(6) + 2; n > 0; n--) all.Ticket($"ticket/T-{n}");
        for (var n = dice.Below(5); n > 0; n--) all.Contact($"contact/C-{n}");
        for (var n = dice.Below(3); n > 0; n--) all.Callback($"callback/K-{n}");
        if (scene != Scene.Plain) all.More(scene);
        all.Repeat();
        return all.Batches();
    }

    private void Ticket(string who)
    {
        var department = _dice.Of(Departments);
        var priority = _dice.Below(4);
        var at = _dice.Between(_from, _to - 60_000);
        Add("ticket.created", who, at, $$"""{"kind":"{{_dice.Of("complaint", "inquiry")}}","channel":"phone","priority":{{priority + 1}}}""", department);
        var (first, resolution) = (at + House.FirstResponseS[priority] * 1000L, at + House.ResolutionS[priority] * 1000L);
        if (_dice.Chance(700)) Add("ticket.replied", who, Around(first), """{"method":"mail"}""");
        if (_dice.Chance(400))
        {
            var pause = _dice.Between(at - 5_000, resolution + 5_000);
            var resume = pause + _dice.Between(0, 120_000);
            var reason = _dice.Of("awaiting_customer", "awaiting_third_party");
            Add("ticket.clock_paused", who, pause, $$"""{"reason":"{{reason}}"}""");
            if (_dice.Chance(800)) Add("ticket.clock_resumed", who, resume, $$"""{"reason":"{{reason}}"}""");
            resolution += Math.Max(0, resume - Math.Max(at, pause));
        }
        if (_dice.Chance(750)) Resolve(who, resolution);
        if (_dice.Chance(80)) Add(_dice.Of("ticket.withdrawn", "ticket.voided"), who, _dice.Between(at, resolution + 60_000), """{"reason":"x"}""");
        if (_dice.Chance(100)) Irregular(who, at);
    }

    private void Resolve(string who, long due)
    {
        var at = Around(due);
        Add("ticket.resolved", who, at, """{"resolution_code":"fixed"}""");
        if (_dice.Chance(250)) Add("ticket.reopened", who, at + _dice.Between(0, 90_000), """{"reason":"again"}""");
        if (_dice.Chance(200)) Add("ticket.resolved", who, at + _dice.Between(0, 180_000), """{"resolution_code":"fixed"}""");
        if (_dice.Chance(200)) Add("ticket.closed", who, at + _dice.Between(-30_000, 200_000), """{"closure_code":"done"}""");
    }

    private void Irregular(string who, long at) => Add(
        _dice.Of("ticket.reopened", "ticket.created", "ticket.resolved"), who, at + _dice.Between(-60_000, 200_000),
        """{"kind":"complaint","channel":"phone","reason":"odd","resolution_code":"odd"}""");

    private void Contact(string who)
    {
        var at = _dice.Between(_from, _to - 60_000);
        var queue = _dice.Of("q1", "q2");
        Add("contact.initiated", who, at, $$"""{"channel":"phone","direction":"inbound","customer_ref":"c-{{_dice.Below(2)}}"}""");
        Add("contact.queued", who, at += _dice.Between(1, 3_000), $$"""{"queue_id":"{{queue}}"}""", _dice.Of(Departments));
        at += _dice.Of(1L, 5_000, 20_000, 20_001, 60_000);
        if (_dice.Chance(700)) Add("contact.answered", who, at, $$"""{"agent_id":"anna","queue_id":"{{queue}}"}""");
        else if (_dice.Chance(700)) { Add("contact.abandoned", who, at, $$"""{"stage":"queue","queue_id":"{{queue}}"}"""); return; }
        if (_dice.Chance(800)) Add("contact.disconnected", who, at + _dice.Between(1, 60_000), """{"by":"customer"}""");
    }

    private void Callback(string who)
    {
        var at = _dice.Between(_from, _to - 60_000);
        var due = at + _dice.Between(10_000, 200_000);
        Add("callback.promised", who, at, $$"""{"kind":"promise","due_at":"{{Iso(due)}}"}""", _dice.Of(Departments));
        if (_dice.Chance(700)) Add("callback.attempted", who, Around(due), $$"""{"attempt":1,"outcome":"{{_dice.Of("reached", "no_answer")}}"}""");
        if (_dice.Chance(200)) Add("callback.cancelled", who, Around(due), """{"reason":"solved"}""");
    }

    /// <summary>In time, on the very instant, or late.</summary>
    private long Around(long due) => _dice.Below(5) switch
    {
        0 => due,
        1 => due + 1,
        2 => due + _dice.Between(2, 120_000),
        _ => due - _dice.Between(1, 30_000),
    };

    /// <summary>A sender's own repeats, and ids used again for something else.</summary>
    private void Repeat()
    {
        foreach (var (sendAt, e) in _planned.ToList())
        {
            if (_dice.Chance(60)) _planned.Add((Math.Min(_to, sendAt + _dice.Between(0, 300_000)), e));
            if (_dice.Chance(15)) _planned.Add((Math.Min(_to, sendAt + _dice.Between(0, 60_000)), Read(e.Source, e.Id, "ticket.created", "ticket/other", e.At, """{"kind":"inquiry","channel":"phone"}""", null)));
        }
    }

    private void Add(string type, string who, long at, string data, string? department = null)
    {
        if (at > _to + 120_000) return; // so far ahead of its time that it would be refused to the end
        var e = Read(_dice.Of("/crm", "/pbx", "/web"), $"e-{++_ids}", type, who, at, data, department);
        var delay = _dice.Below(10) switch
        {
            0 => _dice.Between(0, 360_000), // late data
            1 => -_dice.Between(0, _dice.Chance(200) ? 400_000 : 200_000), // told ahead; so far that it is refused at first
            _ => _dice.Between(0, 1_500),
        };
        _planned.Add((Math.Clamp(at + delay, _from, _to), e));
    }

    private List<Batch> Batches()
    {
        var batches = new List<Batch>();
        var open = new List<Event>();
        foreach (var (sendAt, e) in _planned.OrderBy(p => p.SendAt).ThenBy(p => p.Event.Id, StringComparer.Ordinal).ThenBy(p => p.Event.Type, StringComparer.Ordinal))
        {
            open.Add(e);
            if (_dice.Chance(300) && open.Count < 8) continue; // goes with the next one
            batches.Add(new(batches.Count, sendAt, [.. open]));
            open.Clear();
        }
        if (open.Count > 0) batches.Add(new(batches.Count, _to, [.. open]));
        return batches;
    }

    internal static Event Read(string source, string id, string type, string who, long at, string data, string? department)
    {
        var text = $$"""{"specversion":"1.0","id":"{{id}}","source":"{{source}}","type":"{{type}}","time":"{{Iso(at)}}","subject":"{{who}}",{{(department is null ? "" : $"\"departmentid\":\"{department}\",")}}"data":{{data}}}""";
        var read = EventReader.Read(Encoding.UTF8.GetBytes(text));
        return read.Event ?? throw new InvalidOperationException($"{read.Error!.Code} {read.Error.Pointer} in {text}");
    }

    internal static string Iso(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
