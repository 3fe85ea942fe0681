using System.Collections;

namespace OpsMonitor.Grains.Alerts;

/// <summary>Who was told and when, of a ladder that is kept anyway: the steps are the rungs in their order and then the last word, so that only the instants are its own.</summary>
internal sealed class StepsTaken : IReadOnlyList<LadderStep>
{
    private readonly IReadOnlyList<Rung> _rungs;
    private readonly long _first;
    private readonly int[] _later; // ms after the first

    private StepsTaken(IReadOnlyList<Rung> rungs, IReadOnlyList<LadderStep> steps)
    {
        (_rungs, _first, _later) = (rungs, steps[0].At, new int[steps.Count]);
        for (var i = 0; i < _later.Length; i++) _later[i] = (int)(steps[i].At - _first);
    }

    public int Count => _later.Length;

    public LadderStep this[int index] => new(NameOf(_rungs, index), _first + _later[index]);

    /// <summary>The same steps, by the ladder where they are its own.</summary>
    public static Items<LadderStep> Of(IReadOnlyList<Rung> rungs, IReadOnlyList<LadderStep> steps)
    {
        if (steps.Count == 0) return Items<LadderStep>.None;
        var own = steps.Count <= rungs.Count + 1;
        for (var i = 0; own && i < steps.Count; i++) own = steps[i].To == NameOf(rungs, i) && steps[i].At - steps[0].At is >= 0 and <= int.MaxValue;
        return new(own ? new StepsTaken(rungs, steps) : [.. steps]);
    }

    public IEnumerator<LadderStep> GetEnumerator()
    {
        for (var i = 0; i < _later.Length; i++) yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static string NameOf(IReadOnlyList<Rung> rungs, int index) => index == rungs.Count ? Ladder.LastWord : rungs[index].To;
}
