using OpsMonitor.Silo.Orleans.Grains;

namespace OpsMonitor.Silo.Orleans.Node;

/// <summary>How far a department has been heard with nothing left out. Tellings may overtake each other and the answer that they follow.</summary>
internal sealed class Progress
{
    private readonly Dictionary<string, SortedSet<long>> _ahead = new(StringComparer.Ordinal);
    private string _epoch = "";
    private long _number;

    /// <summary>All up to here has been, or is about to be, read.</summary>
    public void Begin(Mark mark)
    {
        (_epoch, _number) = (mark.Epoch, mark.Number);
        foreach (var other in _ahead.Keys.Where(e => e != mark.Epoch).ToArray()) _ahead.Remove(other);
        Advance();
    }

    public void Heard(Mark mark)
    {
        if (!_ahead.TryGetValue(mark.Epoch, out var ahead)) _ahead[mark.Epoch] = ahead = [];
        ahead.Add(mark.Number);
        if (mark.Epoch == _epoch) Advance();
    }

    public bool Reaches(Mark mark) => _epoch == mark.Epoch && _number >= mark.Number;

    public bool IsOf(string epoch) => _epoch == epoch;

    private void Advance()
    {
        if (!_ahead.TryGetValue(_epoch, out var ahead)) return;
        ahead.RemoveWhere(n => n <= _number);
        while (ahead.Remove(_number + 1)) _number++;
    }
}
