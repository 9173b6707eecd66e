using Hufu.Kernel;

namespace Hufu.Sigma.Sql;

/// <summary>What a rule asks for cannot be said exactly in a database's words.</summary>
internal sealed class SqlRefusal(string code, string zh, string en) : Exception
{
    public override string Message => en;

    public Error At(string place) => Error.Of(code, zh, en, place);
}
