using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Simulator;

// Policies and calendars that are saved while it runs.
public sealed partial class Server
{
    private readonly Queue<(PolicyEdit Edit, Action<bool> Answer)> _savings = new();
    private Action<bool>? _saver;
    private bool _editing;

    /// <summary>As from the page: the number and the instant are those of the asking; a commit may be waited for, a crash answers nothing.</summary>
    /// <param name="answer">whether it was kept</param>
    public void Save(EditKind kind, string text, Action<bool> answer)
    {
        if (!Up) return;
        if (Committing || _effects.Count > 0) { InThisLife(1, () => Save(kind, text, answer)); return; } // nobody reads while a commit runs
        var edits = Writer.Shard.Edits;
        var version = edits.Count(e => e.Kind == kind) + (kind == EditKind.Policy ? 2 : 1);
        var edit = new PolicyEdit(edits.Count + 1, kind, kind == EditKind.Policy ? "simulated" : "desk", version, Writer.Shard.SavedAt(Clock), "admin", text);
        InThisLife(_world.Dice.Between(0, 30), () =>
        {
            _savings.Enqueue((edit, answer));
            Poll();
        });
    }

    private PolicyChange? ChangeOf(PolicyEdit? edit) => edit is null ? null : new(edit, _policies([.. Writer.Shard.Edits, edit]));

    private void Change((PolicyEdit Edit, Action<bool> Answer) saving)
    {
        _saver = saving.Answer;
        if (saving.Edit.Number != Writer.Shard.Edits.Count + 1) _world.Coverage.Add("somebody else saved first");
        if (_planted == Planted.EditAnsweredBeforeCommit) _saver(true);
        _turn = [];
        var now = _planted == Planted.EditBeforeDeadlines && Writer.Shard.Now > 0 ? Writer.Shard.Now : Math.Max(Clock, saving.Edit.At);
        Feed(new WriterInput.Change(now, ChangeOf(saving.Edit)!));
        if (Up && !Committing && _effects.Count == 0) Poll();
    }

    private void Saved(WriterEffect.Changed changed)
    {
        _world.Note("saved", changed.Edit.Number, changed.Kept ? 1 : 0);
        if (changed.Kept && House.Read(changed.Edit).Running && Writer.Shard.Rows().Any(r => r.Clocks.Any(c => c.State == "running" && c.StartedAt < changed.Edit.At)))
            _world.Coverage.Add(changed.Edit.Kind == EditKind.Policy ? "a policy takes running clocks over" : "a calendar takes running clocks over");
        _saver?.Invoke(changed.Kept);
    }

    // What a host could make wrongly of the texts.
    private IReadOnlyList<PolicyEdit> Wrongly(IReadOnlyList<PolicyEdit> edits) => _planted switch
    {
        Planted.EditTakesNothingOver => [.. edits.Select(e => e with { Text = "new" + e.Text[e.Text.IndexOf(' ', StringComparison.Ordinal)..] })],
        Planted.EditTakesEverythingOver => [.. edits.Select(e => e with { Text = "running" + e.Text[e.Text.IndexOf(' ', StringComparison.Ordinal)..] })],
        _ => edits,
    };

    private static void Unrevoked(SortedDictionary<string, long> before, SortedDictionary<string, long> now)
    {
        foreach (var (name, n) in before)
            if (name.EndsWith("fcr kept", StringComparison.Ordinal)) now[name] = Math.Max(n, now.GetValueOrDefault(name));
    }
}
