package com.example.shop;

import java.nio.file.Path;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store.CloseableResource;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** One Latchkey for the whole run, as right after its start for every test that asks for it. */
final class LatchkeyExtension implements BeforeEachCallback, ParameterResolver {
    /** The property {@code latchkey.seed}, or where the example's is. */
    private static final Path SEED = Path.of(System.getProperty("latchkey.seed", "../../seed.toml"));

    @Override
    public void beforeEach(ExtensionContext context) throws Exception {
        running(context).reset();
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Latchkey.class;
    }

    @Override
    public Latchkey resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return running(context);
    }

    private static Latchkey running(ExtensionContext context) {
        var store = context.getRoot().getStore(Namespace.create(LatchkeyExtension.class));
        return store.getOrComputeIfAbsent(Run.class, key -> Run.start(), Run.class).latchkey;
    }

    /** JUnit closes it when the last test has ended. */
    private record Run(Latchkey latchkey) implements CloseableResource {
        static Run start() {
            try {
                return new Run(new Latchkey(SEED));
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() throws Exception {
            latchkey.close();
        }
    }
}
