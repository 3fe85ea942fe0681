using System.Text;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Web.Policies;
using OpsMonitor.Web.Reference;
using Xunit;

namespace OpsMonitor.Tests.Web.Policies;

/// <summary>
/// A running shard on which policies and calendars are saved. Its turns are kept as a journal would keep them: those that must be committed, no
/// others; a replay of them must end at the same picture.
/// </summary>
internal sealed class SavedDesk : IDisposable
{
    private readonly PolicyDesk _files = new();
    private readonly List<TurnInput> _journal = [];
    private StartState? _start;
    private Shard? _shard;
    private int _ids;

    public void Dispose() => _files.Dispose();

    public Shard Shard => _shard ??= new(Start.SetWith([]), new());

    public StartState Start => _start ??= StartState.Read(_files.Folder, ReferenceData.Empty);

    public IReadOnlyList<Alert> Changed { get; private set; } = [];

    public SavedDesk File(string path, string text)
    {
        _files.File(path, text);
        return this;
    }

    public SavedDesk At(string time, string ticket, string type = "ticket.created", string data = """{"kind":"complaint","channel":"phone"}""", string? told = null) =>
        Turn(told ?? time, [Event(time, ticket, type, data)]);

    public Event Event(string time, string subject, string type, string data)
    {
        var text = $$"""{"specversion":"1.0","id":"{{++_ids}}","source":"/crm","type":"{{type}}","subject":"{{subject}}","time":"{{time}}","data":{{data}}}""";
        var (read, error) = EventReader.Read(Encoding.UTF8.GetBytes(text));
        return read ?? throw new InvalidOperationException($"{error!.Code} {error.Pointer} {error.Detail}");
    }

    public SavedDesk Tick(string time) => Turn(time, []);

    /// <summary>Saves, and takes the turns that judge the open subjects anew.</summary>
    public SavedDesk Save(string time, string text, EditKind kind = EditKind.Policy, int version = 1)
    {
        var edit = EditOf(time, text, kind, version);
        var changed = Keep(new(edit.At, []) { Change = new(edit, Start.SetWith([.. Shard.Edits, edit])) }).ToList();
        while (Shard.Sweeping) changed.AddRange(Keep(new(edit.At, [])));
        Changed = changed;
        Assert.True(Recount.Equals(Shard));
        return this;
    }

    public PolicyEdit EditOf(string time, string text, EditKind kind, int version) =>
        new(Shard.Edits.Count + 1, kind, text.Split('\n')[0]["id: ".Length..], version, PolicyDesk.Ms(time), "anna", text);

    public SavedDesk Turn(string time, IReadOnlyList<Event> events)
    {
        Changed = Keep(new(PolicyDesk.Ms(time), events));
        Assert.True(Recount.Equals(Shard));
        return this;
    }

    public IReadOnlyList<Alert> Keep(TurnInput input)
    {
        var effects = Shard.Step(input);
        if (effects.MustCommit) _journal.Add(input with { Events = effects.Commit, Replayed = true });
        return effects.Alerts;
    }

    public ClockRow Clock(string ticket, string clock = "x") => Shard.Find(Subject.Parse(ticket))!.Clocks.Single(c => c.Id == clock);

    /// <summary>State, due time and version of a ticket's clock x.</summary>
    public string Says(string ticket) => Clock(ticket) is var c ? $"{PolicyDesk.Spell(c)} v{c.Version}" : "";

    /// <summary>A restart: from nothing, or from an image of now.</summary>
    public Shard Restarted(bool fromImage = false)
    {
        var fresh = new Shard(Start.SetWith([]), new());
        if (fromImage) fresh.Resume(Shard.Image(), Start.SetWith(Shard.Edits));
        else
            foreach (var turn in _journal) fresh.Step(turn);
        return fresh;
    }

    public static string Picture(Shard shard) => string.Join('\n',
        shard.Rows().Select(r => $"{r.Subject} {r.State} {string.Join(',', r.Clocks)}")
            .Concat(shard.Alerts.All.Select(a => a.ToString()))
            .Concat(shard.Contributions().Concat(shard.RestingContributions()).Select(c => $"{c.Who} {c.What}").Order(StringComparer.Ordinal))
            .Concat(shard.Edits.Select(e => e.ToString()))
            .Append($"{shard.EventCount} {shard.Sweeping}"));
}
